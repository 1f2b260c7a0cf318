//! Styles of mails: colours, letters and lengths, and nothing that could be fetched or run.

/// Functions that give a colour or a length; others fetch something, or did something in some program once.
const FUNCTIONS: [&str; 5] = ["calc", "hsl", "hsla", "rgb", "rgba"];

/// A `style` attribute without the declarations that are more than words, numbers and [`FUNCTIONS`].
#[must_use]
pub fn plain(style: &str) -> String {
    style.split(';').filter(|declaration| is_plain(declaration)).collect::<Vec<_>>().join(";")
}

fn is_plain(declaration: &str) -> bool {
    // Neither a backslash, which spells any letter another way, nor a comment.
    let known = |letter: char| letter.is_alphanumeric() || letter.is_whitespace() || "#%.,:'\"!()+-_/".contains(letter);
    let mut before_brackets: Vec<&str> = declaration.split('(').collect();
    before_brackets.pop();
    declaration.chars().all(known)
        && before_brackets.into_iter().all(|text| {
            let name = text.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '-' && letter != '_').next().unwrap_or_default();
            // Brackets within a sum have no name.
            name.is_empty() || FUNCTIONS.iter().any(|function| name.eq_ignore_ascii_case(function))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn htm_01_a_style_fetches_and_runs_nothing() {
        for harmless in [
            "color: #c00; background-color:RGBA(0, 0, 0, 0.5)",
            "font-family:'Open Sans', \"ヒラギノ角ゴ\", sans-serif;line-height:1.5",
            "margin:-4px auto 0 calc((1em + 2%) / 2) !important",
            "color:rgb(0 0 0 / 50%)",
            "",
        ] {
            assert_eq!(plain(harmless), harmless);
        }
        for bad in [
            "color:url(https://evil.example/)",
            "color:colourl(x)",
            "color:u\\72l(x)",
            "color:URL(x)",
            "color:var(--x)",
            "width:expression(alert(1))",
            "color:image-set(x)",
            "color:red/**/",
            "color:rgb(url(x))",
            "color:calc((url(x)))",
            "color:{red}",
            "color:a-rgb(x)",
        ] {
            assert_eq!(plain(&format!("color:red;{bad};margin:0")), "color:red;margin:0", "{bad}");
        }
    }
}
