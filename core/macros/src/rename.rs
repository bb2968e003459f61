//! Names of fields and variants as label names and values.

/// The rules, by the names that serde gives them.
pub(crate) const RULES: &str = "\"lowercase\", \"UPPERCASE\", \"PascalCase\", \"camelCase\", \"snake_case\", \"SCREAMING_SNAKE_CASE\", \
                                \"kebab-case\", \"SCREAMING-KEBAB-CASE\"";

/// The name of a variant, written `LikeThis`, by a rule; none that does not exist.
pub(crate) fn variant(name: &str, rule: &str) -> Option<String> {
    let snake = || {
        let mut snake = String::new();
        for (at, char) in name.char_indices() {
            if at > 0 && char.is_uppercase() {
                snake.push('_');
            }
            snake.extend(char.to_lowercase());
        }
        snake
    };
    Some(match rule {
        "lowercase" => name.to_lowercase(),
        "UPPERCASE" => name.to_uppercase(),
        "PascalCase" => name.to_owned(),
        "camelCase" => first(name, |char| char.to_lowercase().collect()),
        "snake_case" => snake(),
        "SCREAMING_SNAKE_CASE" => snake().to_uppercase(),
        "kebab-case" => snake().replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => snake().to_uppercase().replace('_', "-"),
        _ => return None,
    })
}

/// The name of a field, written `like_this`, by a rule; none that does not exist.
pub(crate) fn field(name: &str, rule: &str) -> Option<String> {
    let pascal = || name.split('_').map(|word| first(word, |char| char.to_uppercase().collect())).collect::<String>();
    Some(match rule {
        "lowercase" | "snake_case" => name.to_owned(),
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => name.to_uppercase(),
        "PascalCase" => pascal(),
        "camelCase" => first(&pascal(), |char| char.to_lowercase().collect()),
        "kebab-case" => name.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => name.to_uppercase().replace('_', "-"),
        _ => return None,
    })
}

fn first(word: &str, change: impl Fn(char) -> String) -> String {
    let mut chars = word.chars();
    chars.next().map(change).unwrap_or_default() + chars.as_str()
}

/// What is wrong with a label name.
pub(crate) fn check_name(name: &str, utf8: bool) -> Result<(), String> {
    let legacy = |(at, byte): (usize, u8)| byte == b'_' || byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit());
    if name.is_empty() {
        Err("a label name must not be empty".into())
    } else if name.starts_with("__") {
        Err(format!("label {name:?}: names that start with `__` are reserved for the server"))
    } else if !utf8 && !name.bytes().enumerate().all(legacy) {
        Err(format!("label {name:?} must match [a-zA-Z_][a-zA-Z0-9_]*: write `rename = \"…\"`, or `utf8` for a name in UTF-8"))
    } else {
        Ok(())
    }
}

/// The text of a string literal as it stands in the source; none of another literal.
pub(crate) fn unquoted(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let text = raw.get(hashes..)?.strip_prefix('"')?.strip_suffix(&format!("\"{}", "#".repeat(hashes)))?;
        return Some(text.to_owned());
    }
    let mut chars = literal.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut text = String::new();
    while let Some(char) = chars.next() {
        if char != '\\' {
            text.push(char);
            continue;
        }
        let hex = |digits: &str| u32::from_str_radix(&digits.replace('_', ""), 16).ok().and_then(char::from_u32);
        match chars.next()? {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            '0' => text.push('\0'),
            'x' => text.push(hex(&chars.by_ref().take(2).collect::<String>())?),
            'u' => text.push(hex(&chars.by_ref().skip(1).take_while(|&char| char != '}').collect::<String>())?),
            // A line that goes on.
            '\n' => chars = chars.as_str().trim_start().chars(),
            other => text.push(other),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 8] =
        ["lowercase", "UPPERCASE", "PascalCase", "camelCase", "snake_case", "SCREAMING_SNAKE_CASE", "kebab-case", "SCREAMING-KEBAB-CASE"];

    #[test]
    fn variants_are_renamed_as_by_serde() {
        let all = |name| ALL.map(|rule| variant(name, rule).unwrap());
        assert_eq!(
            all("VeryTasty"),
            ["verytasty", "VERYTASTY", "VeryTasty", "veryTasty", "very_tasty", "VERY_TASTY", "very-tasty", "VERY-TASTY"]
        );
        assert_eq!(all("A"), ["a", "A", "A", "a", "a", "A", "a", "A"]);
        assert_eq!(all("Z42"), ["z42", "Z42", "Z42", "z42", "z42", "Z42", "z42", "Z42"]);
        assert_eq!(variant("HTTPError", "snake_case").unwrap(), "h_t_t_p_error");
        assert_eq!(variant("Ärger", "camelCase").unwrap(), "ärger");
        assert_eq!(variant("A", "camel"), None);
    }

    #[test]
    fn fields_are_renamed_as_by_serde() {
        let all = |name| ALL.map(|rule| field(name, rule).unwrap());
        assert_eq!(
            all("very_tasty"),
            ["very_tasty", "VERY_TASTY", "VeryTasty", "veryTasty", "very_tasty", "VERY_TASTY", "very-tasty", "VERY-TASTY"]
        );
        assert_eq!(all("a"), ["a", "A", "A", "a", "a", "A", "a", "A"]);
        assert_eq!(all("z42"), ["z42", "Z42", "Z42", "z42", "z42", "Z42", "z42", "Z42"]);
        assert_eq!(field("a", "Snake_Case"), None);
    }

    #[test]
    fn rules_in_the_message_are_the_rules() {
        assert_eq!(RULES, ALL.map(|rule| format!("{rule:?}")).join(", "));
    }

    #[test]
    fn label_names_are_checked() {
        assert!(["a", "_a", "a1", "le", "A_b"].iter().all(|name| check_name(name, false).is_ok()));
        assert!(["", "1a", "a-b", "__a", "é", "a b"].iter().all(|name| check_name(name, false).is_err()));
        assert!(check_name("http.method", true).is_ok() && check_name("__a", true).is_err() && check_name("", true).is_err());
    }

    #[test]
    fn literals_are_read_as_the_compiler_reads_them() {
        for (literal, text) in [
            (r#""""#, ""),
            (r#""GET""#, "GET"),
            (r#""a\"b\\c\n\t\r\0""#, "a\"b\\c\n\t\r\0"),
            (r#""\x41\u{e9}\u{1F6_00}""#, "A\u{e9}\u{1f600}"),
            ("\"one \\\n     line\"", "one line"),
            (r###"r#"a"b"#"###, "a\"b"),
            (r#"r"\n""#, "\\n"),
        ] {
            assert_eq!(unquoted(literal).as_deref(), Some(text));
        }
        for literal in ["b\"a\"", "'a'", "1", "c\"a\"", "br\"a\""] {
            assert_eq!(unquoted(literal), None, "{literal}");
        }
    }
}
