//! Which modules of a crate a source file names: as much of Rust as that takes.

/// A place that is named, as the modules and the item in its path from the root of the crate.
pub type Path = Vec<String>;

/// Words, and single characters of anything else; without comments, literals and tests.
fn tokens(source: &str) -> Vec<String> {
    let chars: Vec<char> = source.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\n');
    let (mut tokens, mut index) = (Vec::<String>::new(), 0);
    while index < chars.len() {
        match (at(index), at(index + 1)) {
            ('/', '/') => index += chars[index..].iter().take_while(|&&c| c != '\n').count(),
            // A string; raw ones are not used.
            ('"', _) => {
                index += 1;
                while at(index) != '"' && index < chars.len() {
                    index += if at(index) == '\\' { 2 } else { 1 };
                }
                index += 1;
            }
            // A character, and not a lifetime.
            ('\'', '\\') => index += 3 + chars[index + 3..].iter().take_while(|&&c| c != '\'').count() + 1,
            ('\'', _) if at(index + 2) == '\'' => index += 3,
            (c, _) if c.is_alphanumeric() || c == '_' => {
                let word: String = chars[index..].iter().take_while(|&&c| c.is_alphanumeric() || c == '_').collect();
                index += word.chars().count();
                tokens.push(word);
            }
            (c, _) => {
                if !c.is_whitespace() {
                    tokens.push(c.into());
                }
                index += 1;
            }
        }
    }
    without_tests(tokens)
}

/// Tests look into anything. They stand in a module at the end of the file, behind `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn without_tests(mut tokens: Vec<String>) -> Vec<String> {
    if let Some(end) = tokens.windows(2).rposition(|two| two == ["mod", "tests"]) {
        let start = tokens[..end].iter().rposition(|token| token == "#").expect("tests without an attribute");
        assert!(tokens[start..end].iter().any(|token| token == "test"), "`mod tests` without `cfg(test)`");
        tokens.truncate(start);
    }
    tokens
}

/// Everything in a file that is named by way of `crate`, `self` or `super`, and everything that it imports from its own modules.
pub fn named(module: &[&str], source: &str) -> Vec<Path> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    // Inline modules: their names, and how deep each lies.
    let (mut inside, mut depth): (Vec<(String, usize)>, usize) = (Vec::new(), 0);
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        let next = |ahead: usize| tokens.get(index + ahead).map_or("", String::as_str);
        let before = index.checked_sub(1).map_or("", |index| &tokens[index]);
        let here = || module.iter().map(|part| (*part).to_owned()).chain(inside.iter().map(|(name, _)| name.clone())).collect::<Path>();
        match token.as_str() {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inside.retain(|&(_, outer)| outer < depth);
            }
            "mod" if next(2) == "{" => {
                let name = next(1).to_owned();
                inside.push((name, depth));
            }
            // Not `$crate`, which is an expansion in somebody's program, nor `pub(crate)`.
            "crate" | "super" | "self" if before != "$" && next(1) == ":" && next(2) == ":" => {
                index = path(&tokens, index, &here(), &mut found);
                continue;
            }
            _ => {}
        }
        index += 1;
    }
    found
}

/// Reads a path, with all its branches, from `index` on; where it ends.
fn path(tokens: &[String], mut index: usize, here: &[String], found: &mut Vec<Path>) -> usize {
    let mut path = here.to_vec();
    loop {
        let token = tokens.get(index).map_or("", String::as_str);
        match token {
            "crate" => path.clear(),
            "self" => {}
            "super" => drop(path.pop()),
            "{" => {
                index += 1;
                while tokens[index] != "}" {
                    index = self::path(tokens, index, &path, found);
                    index += usize::from(tokens[index] == ",");
                }
                return index + 1;
            }
            _ => path.push(token.into()),
        }
        index += 1;
        if tokens.get(index..index + 2).is_some_and(|two| two == [":", ":"]) {
            index += 2;
            continue;
        }
        if tokens.get(index).is_some_and(|token| token == "as") {
            index += 2;
        }
        found.push(path);
        return index;
    }
}

/// Where a file gets what it hands on under its own name: the item, and the module below it that has it.
pub fn handed_on(source: &str) -> Vec<(String, String)> {
    let tokens = tokens(source);
    let children: Vec<_> = tokens.windows(3).filter(|three| three[0] == "mod" && three[2] == ";").map(|three| three[1].clone()).collect();
    let mut found = Vec::new();
    for index in 1..tokens.len() {
        if tokens[index - 1] == "use" && children.contains(&tokens[index]) {
            let mut paths = Vec::new();
            path(&tokens, index, &[], &mut paths);
            found.extend(paths.into_iter().filter_map(|path| Some((path.last()?.clone(), path.first()?.clone()))));
        }
    }
    found
}
