//! Structs and enums, as far as derives read them.

use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::options::{Options, Spot};
use crate::rename;
use crate::tokens::{Cursor, Read, wrong};

/// The input of a derive.
pub(crate) struct Item {
    pub(crate) options: Options,
    /// `struct`, `enum` or `union`.
    pub(crate) keyword: Ident,
    pub(crate) name: Ident,
    pub(crate) generics: Vec<Parameter>,
    /// Predicates, each with a comma behind it.
    pub(crate) predicates: TokenStream,
    /// What stands in braces or parentheses; a unit struct has none.
    pub(crate) body: Option<Group>,
}

/// A generic parameter.
pub(crate) struct Parameter {
    pub(crate) kind: ParameterKind,
    /// `'a`, `T`, `N`.
    pub(crate) name: TokenStream,
    /// With bounds, without a default.
    pub(crate) declaration: TokenStream,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParameterKind {
    Lifetime,
    Type,
    Const,
}

/// One field.
pub(crate) struct Field {
    pub(crate) options: Options,
    pub(crate) name: Ident,
    pub(crate) kind: TokenStream,
}

/// One variant.
pub(crate) struct Variant {
    pub(crate) options: Options,
    pub(crate) name: Ident,
}

impl Item {
    pub(crate) fn read(input: TokenStream) -> Read<Self> {
        let mut tokens = Cursor::new(input, Span::call_site());
        let options = Options::read(&mut tokens, Spot::Item)?;
        visibility(&mut tokens);
        let keyword = tokens.ident("`struct` or `enum`")?;
        let name = tokens.ident("a name")?;
        let mut generics = Vec::new();
        if tokens.take_punct('<') {
            while !tokens.is_empty() && !tokens.take_punct('>') {
                generics.push(parameter(&mut tokens)?);
                tokens.take_punct(',');
            }
        }
        let mut body = tokens.take_group(Delimiter::Parenthesis);
        let mut predicates = TokenStream::new();
        if tokens.take_ident("where") {
            while !tokens.is_empty() && !tokens.is_group(Delimiter::Brace) && !tokens.is_punct(';') {
                let predicate = tokens.until(|tokens| tokens.is_punct(',') || tokens.is_group(Delimiter::Brace) || tokens.is_punct(';'));
                predicates.extend(crate::tokens::joined([&predicate]));
                tokens.take_punct(',');
            }
        }
        body = body.or_else(|| tokens.take_group(Delimiter::Brace));
        Ok(Self { options, keyword, name, generics, predicates, body })
    }

    pub(crate) fn is(&self, keyword: &str) -> bool {
        self.keyword.to_string() == keyword
    }

    /// `'a, T: Bound, const N: usize,`
    pub(crate) fn declarations(&self) -> TokenStream {
        crate::tokens::joined(self.generics.iter().map(|parameter| &parameter.declaration))
    }

    /// `'a, T, N,`
    pub(crate) fn arguments(&self) -> TokenStream {
        crate::tokens::joined(self.generics.iter().map(|parameter| &parameter.name))
    }

    pub(crate) fn has(&self, kind: ParameterKind) -> bool {
        self.generics.iter().any(|parameter| parameter.kind == kind)
    }

    /// Whether a type names one of the type parameters.
    pub(crate) fn is_generic(&self, kind: &TokenStream) -> bool {
        let types = self.generics.iter().filter(|parameter| parameter.kind == ParameterKind::Type);
        let names: Vec<String> = types.map(|parameter| parameter.name.to_string()).collect();
        crate::tokens::idents(kind.clone()).iter().any(|ident| names.contains(&ident.to_string()))
    }

    /// The fields of a struct with named ones.
    pub(crate) fn fields(&self) -> Read<Vec<Field>> {
        match (self.keyword.to_string().as_str(), &self.body) {
            ("struct", Some(body)) if body.delimiter() == Delimiter::Brace => fields(body),
            ("struct", Some(body)) => wrong(body.span(), "a label has a name: write a struct with named fields"),
            ("struct", None) => wrong(self.name.span(), "a struct of labels has a field for each label"),
            ("enum", _) => wrong(
                self.keyword.span(),
                "labels are a struct with a field for each of them; an enum is one value, for which there is `#[derive(LabelValue)]`",
            ),
            _ => wrong(self.keyword.span(), "labels are a struct with a field for each of them"),
        }
    }
}

fn parameter(tokens: &mut Cursor) -> Read<Parameter> {
    while tokens.take_punct('#') {
        tokens.next();
    }
    let kind = match tokens.is_punct('\'') {
        true => ParameterKind::Lifetime,
        false if tokens.is_ident("const") => ParameterKind::Const,
        false => ParameterKind::Type,
    };
    let declaration = tokens.until(|tokens| tokens.is_punct(',') || tokens.is_punct('='));
    if tokens.take_punct('=') {
        tokens.until(|tokens| tokens.is_punct(','));
    }
    let trees: Vec<TokenTree> = declaration.clone().into_iter().collect();
    let range = match kind {
        ParameterKind::Lifetime => 0..2,
        ParameterKind::Const => 1..2,
        ParameterKind::Type => 0..1,
    };
    match trees.get(range) {
        Some(name) => Ok(Parameter { kind, name: name.iter().cloned().collect(), declaration }),
        None => wrong(tokens.span(), "expected a generic parameter"),
    }
}

fn visibility(tokens: &mut Cursor) {
    // Of a macro's `$vis`, which may be nothing.
    tokens.take_group(Delimiter::None);
    if tokens.take_ident("pub") {
        tokens.take_group(Delimiter::Parenthesis);
    }
}

fn fields(body: &Group) -> Read<Vec<Field>> {
    let mut tokens = Cursor::of(body);
    let mut fields = Vec::new();
    while !tokens.is_empty() {
        let options = Options::read(&mut tokens, Spot::Field)?;
        visibility(&mut tokens);
        let name = tokens.ident("a field")?;
        tokens.take_punct(':');
        let kind = tokens.until(|tokens| tokens.is_punct(','));
        tokens.take_punct(',');
        fields.push(Field { options, name, kind });
    }
    Ok(fields)
}

/// The variants of an enum, none of which has fields.
pub(crate) fn variants(body: &Group) -> Read<Vec<Variant>> {
    let mut tokens = Cursor::of(body);
    let mut variants = Vec::new();
    while !tokens.is_empty() {
        let options = Options::read(&mut tokens, Spot::Variant)?;
        let name = tokens.ident("a variant")?;
        if let Some(TokenTree::Group(group)) = tokens.peek() {
            return wrong(group.span(), "each variant is one text, so it has no fields");
        }
        // A discriminant.
        tokens.until(|tokens| tokens.is_punct(','));
        tokens.take_punct(',');
        variants.push(Variant { options, name });
    }
    Ok(variants)
}

/// A name without `r#`.
pub(crate) fn plain(name: &Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").unwrap_or(&name).to_owned()
}

/// A field that is a label.
pub(crate) struct Label {
    pub(crate) field: Field,
    pub(crate) text: String,
}

/// The fields that are labels, with their names.
pub(crate) fn labels(item: &Item) -> Read<Vec<Label>> {
    let mut labels: Vec<Label> = Vec::new();
    for field in item.fields()? {
        if field.options.skip.is_some() {
            continue;
        }
        let (span, text) = match (&field.options.rename, &item.options.rename_all) {
            (Some((span, name)), _) => (*span, name.clone()),
            (None, Some((_, rule))) => (field.name.span(), rename::field(&plain(&field.name), rule).unwrap_or_default()),
            (None, None) => (field.name.span(), plain(&field.name)),
        };
        if let Err(message) = rename::check_name(&text, field.options.utf8.is_some()) {
            return wrong(span, message);
        }
        if labels.iter().any(|label| label.text == text) {
            return wrong(span, format!("two labels have the name {text:?}"));
        }
        if field.options.with.is_none() {
            check_type(&field.kind)?;
        }
        labels.push(Label { field, text });
    }
    if labels.is_empty() {
        return wrong(item.name.span(), "a struct of labels has a field for each label");
    }
    Ok(labels)
}

/// Says of the types that come to mind first why they are no label values; the compiler says it of the others.
fn check_type(kind: &TokenStream) -> Read<()> {
    match kind.clone().into_iter().next() {
        Some(TokenTree::Group(group)) if matches!(group.delimiter(), Delimiter::Bracket | Delimiter::Parenthesis) => {
            return wrong(group.span(), "one field is one label: arrays and tuples cannot be the value of a label");
        }
        _ => {}
    }
    match crate::tokens::idents(kind.clone()).into_iter().find(|ident| matches!(&*ident.to_string(), "f32" | "f64")) {
        Some(float) => wrong(
            float.span(),
            "a float cannot be the value of a label, because each number would be a series of its own: use an integer, or `with = …`",
        ),
        None => Ok(()),
    }
}

/// Name, or place, and type of the only field.
pub(crate) fn only_field(tokens: &mut Cursor, item: &Item) -> Read<(TokenStream, TokenStream)> {
    let one = "a struct that is a label value has one field, whose text it has";
    let is_named = item.body.as_ref().is_some_and(|body| body.delimiter() == Delimiter::Brace);
    Options::read(tokens, Spot::Field)?;
    visibility(tokens);
    let name = if is_named {
        let name = tokens.ident("a field")?;
        tokens.take_punct(':');
        TokenTree::from(name)
    } else {
        proc_macro::Literal::usize_unsuffixed(0).into()
    };
    let kind = tokens.until(|tokens| tokens.is_punct(','));
    tokens.take_punct(',');
    match tokens.is_empty() && !kind.is_empty() {
        true => Ok((name.into(), kind)),
        false => wrong(if kind.is_empty() { item.name.span() } else { tokens.span() }, one),
    }
}
