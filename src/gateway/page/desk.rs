//! The settings pages: filled straight from the account's JSON, by helpers that read what all of them share
//! from the root of the data (`now`, `zone`, `csrf`, `once`, `flash`).

use std::sync::Arc;

use fluent_bundle::FluentArgs;
use handlebars::{Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError, RenderErrorReason, ScopedJson};
use serde_json::{Value, json};

use super::catalogue::Catalogue;
use super::times::Clock;
use super::{assets, escaping, text};
use crate::problem::Problem;

/// The addresses of style sheet and script.
pub(super) fn assets() -> Value {
    json!({ "css": assets::address("admin.css"), "js": assets::address("admin.js") })
}

/// A problem in the reader's words, with its own English sentence beside them.
pub(super) fn problem(words: &Catalogue, problem: &Problem) -> Value {
    let slug: String = problem.code.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    let text = words.message(&format!("problem-{slug}"), None);
    let errors: Vec<Value> = problem
        .errors
        .iter()
        .map(|error| {
            // What a field must be stands in the catalogue. Other problems say themselves what is wrong with theirs.
            let rule = || words.message(&format!("wrong-{}", error.field), None);
            let told = if problem.code == "request.invalid" { rule() } else { text.clone().filter(|_| error.field != "row") };
            let english = told.is_none() && error.field != "row";
            json!({
                "field": error.field,
                "label": words.message(&format!("field-{}", error.field), None),
                "detail": told.unwrap_or_else(|| error.detail.clone()),
                "english": english,
            })
        })
        .collect();
    let listed = text.is_none() || problem.code == "request.invalid" || problem.errors.iter().any(|error| error.field == "row");
    json!({
        "code": problem.code,
        "status": problem.status,
        "title": problem.title,
        "detail": problem.detail,
        "text": text,
        // Other problems say what to do in the same breath.
        "remedy": words.message(&format!("remedy-{slug}"), None).filter(|_| slug.starts_with("salesforce-")),
        "errors": errors,
        "listed": listed,
        "request_id": problem.request_id,
    })
}

/// Gives the templates the helpers of the settings pages.
pub(super) fn helpers(templates: &mut Handlebars<'static>, words: &Arc<Catalogue>) {
    templates.register_helper("when", Box::new(When(Arc::clone(words))));
    templates.register_helper("term", Box::new(Term(Arc::clone(words))));
    templates.register_helper("told", Box::new(Told(Arc::clone(words))));
    templates.register_helper("is", Box::new(Is));
    templates.register_helper("kept", Box::new(Kept));
    templates.register_helper("wrong", Box::new(Wrong));
    templates.register_helper("plain", Box::new(Plain));
    templates.register_helper("guard", Box::new(guard));
}

/// `{{when at}}`: a time in words, exact on hover.
struct When(Arc<Catalogue>);

/// `{{term "role-" role}}`: the message `role-admin`, or the value itself when there is none.
struct Term(Arc<Catalogue>);

/// `{{told "step-" code values}}`: the message of a code with the values that came with it; nothing when there is none.
struct Told(Arc<Catalogue>);

/// `(is a b)`: whether two values are the same; a missing one is nothing.
struct Is;

/// `(kept "email" fallback)`: what was entered before the form was refused.
struct Kept;

/// `(wrong "email")`: what was wrong with a field.
struct Wrong;

/// `{{plain value}}`: words of other people, without control characters.
struct Plain;

impl HelperDef for When {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let Some(at) = helper.param(0).and_then(|param| param.value().as_i64()) else { return Ok(()) };
        let root = context.data();
        let now = root.get("now").and_then(Value::as_i64).ok_or_else(|| refused("when needs now"))?;
        let clock = Clock::new(now, root.get("zone").and_then(Value::as_str).unwrap_or("UTC"));
        let Some(when) = clock.when(at, &self.0) else { return Ok(()) };
        // Times still to come read better as a date than as an age.
        let said = if at > now { &when.exact } else { &when.ago };
        let mut html = String::with_capacity(160);
        for (before, value) in [("<time datetime=\"", &when.iso), ("\" title=\"", &when.exact), ("\">", said)] {
            html.push_str(before);
            escaping::html_into(value, &mut html);
        }
        html.push_str("</time>");
        out.write(&html)?;
        Ok(())
    }
}

impl HelperDef for Term {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let part = |index| helper.param(index).and_then(|param| param.value().as_str()).unwrap_or_default();
        let text = self.0.message(&format!("{}{}", part(0), part(1)), None);
        let text = text.or_else(|| text::plain(Some(part(1)))).unwrap_or_default();
        Ok(ScopedJson::Derived(Value::String(text)))
    }
}

impl HelperDef for Told {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let part = |index| helper.param(index).and_then(|param| param.value().as_str()).unwrap_or_default();
        let code: String = part(1).chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
        let mut values = FluentArgs::new();
        for (name, value) in helper.param(2).and_then(|param| param.value().as_object()).into_iter().flatten() {
            match value {
                Value::Number(number) => values.set(name.clone(), number.as_i64().unwrap_or_default()),
                Value::String(text) => values.set(name.clone(), text::plain(Some(text)).unwrap_or_default()),
                _ => {}
            }
        }
        let text = self.0.message(&format!("{}{code}", part(0)), Some(&values)).unwrap_or_default();
        Ok(ScopedJson::Derived(Value::String(text)))
    }
}

impl HelperDef for Is {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let value = |index| helper.param(index).map_or(&Value::Null, |param| param.value());
        Ok(ScopedJson::Derived(Value::Bool(value(0) == value(1))))
    }
}

impl HelperDef for Kept {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let name = helper.param(0).and_then(|param| param.value().as_str()).unwrap_or_default();
        let entered = context.data().pointer("/flash/fields").and_then(|fields| fields.get(name)).and_then(Value::as_str);
        let fallback = || helper.param(1).and_then(|param| param.value().as_str()).unwrap_or_default();
        Ok(ScopedJson::Derived(Value::String(entered.unwrap_or_else(fallback).to_owned())))
    }
}

impl HelperDef for Wrong {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let name = helper.param(0).and_then(|param| param.value().as_str()).unwrap_or_default();
        let errors = context.data().pointer("/flash/problem/errors").and_then(Value::as_array);
        let found = errors.and_then(|errors| errors.iter().find(|error| error.get("field").and_then(Value::as_str) == Some(name)));
        Ok(ScopedJson::Derived(found.and_then(|error| error.get("detail")).cloned().unwrap_or_default()))
    }
}

impl HelperDef for Plain {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let value = match helper.param(0).map(handlebars::PathAndJson::value) {
            Some(Value::String(value)) => text::plain(Some(value)).unwrap_or_default(),
            Some(Value::Number(value)) => value.to_string(),
            _ => String::new(),
        };
        Ok(ScopedJson::Derived(Value::String(value)))
    }
}

/// `{{guard}}`: the hidden fields that every form carries.
fn guard<'reg, 'rc>(
    _: &Helper<'rc>,
    _: &'reg Handlebars<'reg>,
    context: &'rc Context,
    _: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    for name in ["csrf", "once"] {
        let value = context.data().get(name).and_then(Value::as_str).ok_or_else(|| refused("guard needs csrf and once"))?;
        let mut html = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
        escaping::html_into(value, &mut html);
        html.push_str("\">");
        out.write(&html)?;
    }
    Ok(())
}

fn refused(why: &str) -> RenderError {
    RenderErrorReason::Other(why.to_owned()).into()
}
