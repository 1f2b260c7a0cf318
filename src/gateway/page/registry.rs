//! The compiled templates and the words that they may use: `t`, `number`, `json`, `concat`.

use std::sync::Arc;

use fluent_bundle::{FluentArgs, FluentValue};
use handlebars::{Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError, RenderErrorReason, ScopedJson};
use serde_json::Value;

use super::assets::Templates;
use super::catalogue::Catalogue;
use super::{PageError, desk, escaping};

/// Every template, compiled, strict; without words yet.
pub(super) fn compiled() -> Result<Handlebars<'static>, PageError> {
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    templates.set_prevent_indent(true);
    for path in Templates::iter() {
        let Some(name) = path.strip_suffix(".hbs") else { continue };
        let file = Templates::get(&path).ok_or_else(|| PageError::Missing(path.to_string()))?;
        let source = String::from_utf8_lossy(&file.data);
        // Indentation is for the reader of the template; nothing here is preformatted.
        let lean: String = source.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        templates
            .register_template_string(name, lean)
            .map_err(|error| PageError::Template { name: name.to_owned(), source: Box::new(error) })?;
    }
    templates.register_helper("json", Box::new(json));
    templates.register_helper("concat", Box::new(Concat));
    Ok(templates)
}

/// The same templates, speaking one language.
pub(super) fn speaking(mut templates: Handlebars<'static>, words: &Arc<Catalogue>) -> Handlebars<'static> {
    templates.register_helper("t", Box::new(Translation(Arc::clone(words))));
    desk::helpers(&mut templates, words);
    templates.register_helper("number", Box::new(Number(Arc::clone(words))));
    templates
}

/// `{{t "key" name=value}}`: a message; escaped by handlebars like any other value.
struct Translation(Arc<Catalogue>);

/// `{{number 1234}}`: a whole number as the language writes it.
struct Number(Arc<Catalogue>);

/// `(concat "tab-" key)`: the name of a message.
struct Concat;

impl HelperDef for Translation {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let key = helper.param(0).and_then(|param| param.value().as_str()).ok_or_else(|| refused("t needs a key".to_owned()))?;
        let mut values = FluentArgs::new();
        for (name, value) in helper.hash() {
            if value.is_value_missing() {
                return Err(refused(format!("t {key}: {name} is missing")));
            }
            match value.value() {
                Value::Number(number) => {
                    values.set(*name, number.as_i64().map_or_else(|| FluentValue::from(number.as_f64()), FluentValue::from));
                }
                Value::String(text) => values.set(*name, text.clone()),
                other => return Err(refused(format!("t {key}: {name} can't be {other}"))),
            }
        }
        let text = self.0.message(key, Some(&values)).ok_or_else(|| refused(format!("no message {key} with these values")))?;
        Ok(ScopedJson::Derived(Value::String(text)))
    }
}

impl HelperDef for Number {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let value =
            helper.param(0).and_then(|param| param.value().as_i64()).ok_or_else(|| refused("number needs a whole number".to_owned()))?;
        Ok(ScopedJson::Derived(Value::String(self.0.number(value))))
    }
}

impl HelperDef for Concat {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let mut text = String::new();
        for param in helper.params() {
            text.push_str(param.value().as_str().ok_or_else(|| refused("concat joins texts".to_owned()))?);
        }
        Ok(ScopedJson::Derived(Value::String(text)))
    }
}

fn json<'reg, 'rc>(
    helper: &Helper<'rc>,
    _: &'reg Handlebars<'reg>,
    _: &'rc Context,
    _: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    let param = helper.param(0).filter(|param| !param.is_value_missing()).ok_or_else(|| refused("json needs a value".to_owned()))?;
    out.write(&escaping::island(&param.value().to_string()))?;
    Ok(())
}

fn refused(why: String) -> RenderError {
    RenderErrorReason::Other(why).into()
}
