//! Marketo's own users, by its user management API. It answers without Marketo's envelope.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use reqwest::Method;
use serde::Deserialize;

use super::{Asker, Marketo, envelope};
use crate::remote::call::{Answer, Body, Call, CallError};

/// An admin of the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketoAdmin {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    /// Name of the role by which they are one.
    pub role: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    userid: String,
    #[serde(default)]
    first_name: Option<String>,
    #[serde(default)]
    last_name: Option<String>,
    #[serde(default)]
    email_address: Option<String>,
    #[serde(default)]
    api_only: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Role {
    #[serde(default, alias = "id")]
    access_role_id: i64,
    #[serde(default, alias = "name")]
    access_role_name: String,
}

// The role that every instance has from the start.
const ADMIN_ROLE_ID: i64 = 1;
/// Users whose roles are asked for; one call each.
const MOST: usize = 300;

impl Marketo {
    /// The admins of the instance who are people, by name.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn admins(&self, asker: Asker<'_>) -> Result<Vec<MarketoAdmin>, CallError> {
        let users = self.run(&get("users", "/userservice/management/v1/users/allusers.json".to_owned(), read_users), asker).await?;
        let people = users.into_iter().filter(|user| !user.api_only).take(MOST);
        let found: Vec<Option<MarketoAdmin>> =
            futures_util::stream::iter(people).map(|user| self.admin(asker, user)).buffered(3).try_collect().await?;
        let mut admins: Vec<MarketoAdmin> = found.into_iter().flatten().collect();
        admins.sort_by_key(|admin| (admin.last_name.to_lowercase(), admin.first_name.to_lowercase(), admin.email.clone()));
        Ok(admins)
    }

    /// The admin with this address (in lower case), if there is one.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn admin_by_email(&self, asker: Asker<'_>, email_key: &str) -> Result<Option<MarketoAdmin>, CallError> {
        let users = self.run(&get("users", "/userservice/management/v1/users/allusers.json".to_owned(), read_users), asker).await?;
        let user = users.into_iter().find(|user| !user.api_only && user.address().to_ascii_lowercase() == email_key);
        match user {
            Some(user) => self.admin(asker, user).await,
            None => Ok(None),
        }
    }

    async fn admin(&self, asker: Asker<'_>, user: User) -> Result<Option<MarketoAdmin>, CallError> {
        let id = percent_encoding::utf8_percent_encode(&user.userid, percent_encoding::NON_ALPHANUMERIC);
        let roles = self.run(&get("user_roles", format!("/userservice/management/v1/users/{id}/roles.json"), read_roles), asker).await?;
        let role =
            roles.into_iter().find(|role| role.access_role_id == ADMIN_ROLE_ID || role.access_role_name.eq_ignore_ascii_case("admin"));
        Ok(role.map(|role| MarketoAdmin {
            email: user.address().to_owned(),
            first_name: user.first_name.clone().unwrap_or_default(),
            last_name: user.last_name.clone().unwrap_or_default(),
            role: role.access_role_name,
        }))
    }
}

impl User {
    fn address(&self) -> &str {
        self.email_address.as_deref().unwrap_or(&self.userid)
    }
}

fn get<T>(name: &'static str, path: String, read: fn(&Answer) -> Result<T, CallError>) -> Call<T> {
    Call { system: "marketo", name, method: Method::GET, path, query: Vec::new(), body: Body::None, timeout: Duration::from_secs(30), read }
}

pub(super) fn read_users(answer: &Answer) -> Result<Vec<User>, CallError> {
    bare(answer)
}

pub(super) fn read_roles(answer: &Answer) -> Result<Vec<Role>, CallError> {
    if answer.status == 404 {
        return Ok(Vec::new());
    }
    bare(answer)
}

// Refusals come in the envelope here as well.
fn bare<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<Vec<T>, CallError> {
    envelope::status(answer)?;
    match serde_json::from_slice(&answer.body) {
        Ok(items) => Ok(items),
        Err(_) => match envelope::read_page::<serde_json::Value>(answer) {
            Err(error) => Err(error),
            Ok(_) => Err(CallError::BadAnswer("user management's answer is no list")),
        },
    }
}
