//! What the derives write.

use proc_macro::{Ident, Span, TokenStream, TokenTree};

use crate::item::{Item, Label, ParameterKind, labels, plain, variants};
use crate::rename;
use crate::tokens::{Read, filled, joined, parsed, string, wrong};

/// Which package the derive is named by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Front {
    Core,
    Std,
}

impl Item {
    /// The path of the package, and the path of the core in it.
    fn paths(&self, front: Front) -> (TokenStream, TokenStream) {
        let default = || parsed(if front == Front::Core { "::picometer" } else { "::picometer_std" });
        let own = self.options.own_crate.as_ref().map_or_else(default, |(_, path)| path.clone());
        let core = if front == Front::Core { own.clone() } else { filled("$own::statics", &[("own", &own)]) };
        (own, core)
    }
}

/// `#[derive(LabelValue)]`.
pub(crate) fn value(input: TokenStream, front: Front) -> Read<TokenStream> {
    let item = Item::read(input)?;
    match (item.is("enum"), item.is("struct"), &item.body) {
        (true, _, Some(_)) => value_of_enum(&item, front),
        (_, true, Some(_)) => value_of_struct(&item, front),
        _ => wrong(item.keyword.span(), "a label value is an enum, or a struct with one field"),
    }
}

fn value_of_enum(item: &Item, front: Front) -> Read<TokenStream> {
    let variants = item.body.as_ref().map_or_else(|| Ok(Vec::new()), variants)?;
    if let Some(parameter) = item.generics.first().and_then(|parameter| parameter.name.clone().into_iter().next()) {
        return wrong(parameter.span(), "an enum of label values has no generic parameters");
    }
    if variants.is_empty() {
        return wrong(item.name.span(), "an enum of label values has a variant for each value");
    }
    let rule = item.options.rename_all.as_ref().map_or("snake_case", |(_, rule)| rule);
    let mut texts: Vec<String> = Vec::new();
    for variant in &variants {
        let (span, text) = match &variant.options.rename {
            Some((span, text)) => (*span, text.clone()),
            None => (variant.name.span(), rename::variant(&plain(&variant.name), rule).unwrap_or_default()),
        };
        if texts.contains(&text) {
            return wrong(span, format!("two values have the text {text:?}"));
        }
        texts.push(text);
    }
    let (_, core) = item.paths(front);
    let names: Vec<TokenStream> = variants.iter().map(|variant| TokenTree::from(variant.name.clone()).into()).collect();
    let all = joined(&names.iter().map(|name| filled("Self::$name", &[("name", name)])).collect::<Vec<_>>());
    let texts = joined(&texts.iter().map(|text| string(text)).collect::<Vec<_>>());
    let arms = names.iter().enumerate().map(|(at, name)| filled(&format!("Self::$name => {at}usize,"), &[("name", name)])).collect();
    Ok(filled(
        "#[automatically_derived]
        impl $core::LabelTexts for $name {
            const ALL: &'static [Self] = &[$all];
            const TEXTS: &'static [&'static ::core::primitive::str] = &[$texts];
            #[inline]
            fn ordinal(&self) -> ::core::primitive::usize { match self { $arms } }
        }
        #[automatically_derived]
        impl $core::LabelValue for $name {
            type Buffer = ();
            const BUFFER: () = ();
            #[inline]
            fn text_in<'t>(&'t self, _: &'t mut ()) -> &'t ::core::primitive::str { $core::LabelTexts::text(self) }
        }",
        &[("core", &core), ("name", &named(&item.name)), ("all", &all), ("texts", &texts), ("arms", &arms)],
    ))
}

/// A struct of one field has the text of that.
fn value_of_struct(item: &Item, front: Front) -> Read<TokenStream> {
    let body = item.body.as_ref().map_or_else(TokenStream::new, proc_macro::Group::stream);
    let mut tokens = crate::tokens::Cursor::new(body, item.name.span());
    let (field, kind) = crate::item::only_field(&mut tokens, item)?;
    let (_, core) = item.paths(front);
    let bound =
        if item.is_generic(&kind) { filled("$kind: $core::LabelValue,", &[("kind", &kind), ("core", &core)]) } else { TokenStream::new() };
    let parts: &[(&str, &TokenStream)] = &[
        ("core", &core),
        ("name", &named(&item.name)),
        ("generics", &item.declarations()),
        ("arguments", &item.arguments()),
        ("predicates", &item.predicates),
        ("bound", &bound),
        ("kind", &kind),
        ("field", &field),
    ];
    Ok(filled(
        "#[automatically_derived]
        impl<$generics> $core::LabelValue for $name<$arguments> where $predicates $bound {
            type Buffer = <$kind as $core::LabelValue>::Buffer;
            const BUFFER: Self::Buffer = <$kind as $core::LabelValue>::BUFFER;
            #[inline]
            fn text_in<'t>(&'t self, buffer: &'t mut Self::Buffer) -> &'t ::core::primitive::str {
                <$kind as $core::LabelValue>::text_in(&self.$field, buffer)
            }
        }",
        parts,
    ))
}

/// `#[derive(ClosedLabels)]`.
pub(crate) fn closed(input: TokenStream, front: Front) -> Read<TokenStream> {
    let item = Item::read(input)?;
    let labels = labels(&item)?;
    if let Some(parameter) = item.generics.first().and_then(|parameter| parameter.name.clone().into_iter().next()) {
        return wrong(parameter.span(), "closed labels have no generic parameters: every value is known");
    }
    for Label { field, .. } in &labels {
        if let Some((span, _)) = &field.options.with {
            return wrong(*span, "closed labels have the texts of their types");
        }
    }
    for field in item.fields()? {
        if let Some((span, ())) = field.options.skip {
            return wrong(span, "closed labels are made from their place, so every field is a label");
        }
    }
    let (_, core) = item.paths(front);
    let each = |template: &str| -> Vec<TokenStream> {
        let fill = |(at, label): (usize, &Label)| {
            let parts: &[(&str, &TokenStream)] = &[
                ("core", &core),
                ("kind", &label.field.kind),
                ("field", &named(&label.field.name)),
                ("text", &string(&label.text)),
                ("value", &numbered("value", at)),
            ];
            filled(template, parts)
        };
        labels.iter().enumerate().map(fill).collect()
    };
    let all = joined(&each("$core::ClosedLabel::named::<$kind>($text)"));
    let count = each("* <$kind as $core::LabelTexts>::ALL.len()").into_iter().collect();
    let index = each("let index = index * <$kind as $core::LabelTexts>::ALL.len() + <$kind as $core::LabelTexts>::ordinal(&self.$field);");
    let index = index.into_iter().collect();
    // The last label varies fastest.
    let at = each(
        "let all = <$kind as $core::LabelTexts>::ALL;
        let $value = *all.get(index % all.len().max(1))?;
        let index = index / all.len().max(1);",
    );
    let at = at.into_iter().rev().collect();
    let fields = joined(&each("$field: $value"));
    Ok(filled(
        "#[automatically_derived]
        impl $core::ClosedLabels for $name {
            const LABELS: &'static [$core::ClosedLabel] = &[$all];
            const COUNT: ::core::primitive::usize = 1usize $count;
            #[inline]
            fn index(self) -> ::core::primitive::usize { let index = 0usize; $index index }
            fn at(index: ::core::primitive::usize) -> ::core::option::Option<Self> {
                $at
                if index == 0 { ::core::option::Option::Some(Self { $fields }) } else { ::core::option::Option::None }
            }
        }",
        &[
            ("core", &core),
            ("name", &named(&item.name)),
            ("all", &all),
            ("count", &count),
            ("index", &index),
            ("at", &at),
            ("fields", &fields),
        ],
    ))
}

/// `#[derive(Labels)]`.
pub(crate) fn open(input: TokenStream) -> Read<TokenStream> {
    let item = Item::read(input)?;
    let labels = labels(&item)?;
    let (own, core) = item.paths(Front::Std);
    let each = |template: &str, other: &str| -> Vec<TokenStream> {
        let fill = |(at, label): (usize, &Label)| {
            let buffer = numbered("buffer", at);
            let with = label.field.options.with.as_ref().map(|(_, path)| path);
            let parts: &[(&str, &TokenStream)] = &[
                ("core", &core),
                ("kind", &label.field.kind),
                ("field", &named(&label.field.name)),
                ("text", &string(&label.text)),
                ("buffer", &buffer),
                ("with", with.unwrap_or(&label.field.kind)),
            ];
            filled(if with.is_some() { other } else { template }, parts)
        };
        labels.iter().enumerate().map(fill).collect()
    };
    let names = joined(&each("$text", "$text"));
    let buffers =
        each("let mut $buffer = <$kind as $core::LabelValue>::BUFFER;", "let $buffer = ($with)(&self.$field);").into_iter().collect();
    let texts = joined(&each(
        "<$kind as $core::LabelValue>::text_in(&self.$field, &mut $buffer)",
        "::core::convert::AsRef::<::core::primitive::str>::as_ref(&$buffer)",
    ));
    let generic = labels.iter().filter(|label| label.field.options.with.is_none() && item.is_generic(&label.field.kind));
    let bounds = generic.map(|label| filled("$kind: $core::LabelValue,", &[("kind", &label.field.kind), ("core", &core)])).collect();
    // With all lifetimes `'static` it is one type for all families; what is borrowed by such a type lives as long.
    let is_static = |kind| kind == ParameterKind::Lifetime;
    let forever = parsed("'static");
    let schema = joined(item.generics.iter().map(|own| if is_static(own.kind) { &forever } else { &own.name }));
    let types = item.generics.iter().filter(|own| own.kind == ParameterKind::Type && item.has(ParameterKind::Lifetime));
    let outlives: TokenStream = types.map(|own| filled("$name: 'static,", &[("name", &own.name)])).collect();
    let count = parsed(&format!("{}usize", labels.len()));
    Ok(filled(
        "#[automatically_derived]
        impl<$generics> $own::LabelSchema for $name<$arguments> where $predicates $outlives {
            const NAMES: &'static [&'static ::core::primitive::str] = &[$names];
            type Family<__Cell: $own::FromConfig> = $own::TypedFamily<__Cell, $name<$schema>, $count>;
        }
        #[automatically_derived]
        impl<$generics> $own::LabelsOf<$name<$schema>, $count> for $name<$arguments> where $predicates $outlives $bounds {
            #[inline]
            fn texts_in<__Result>(&self, then: impl ::core::ops::FnOnce(&[&::core::primitive::str; $count]) -> __Result) -> __Result {
                $buffers
                then(&[$texts])
            }
        }",
        &[
            ("own", &own),
            ("name", &named(&item.name)),
            ("generics", &item.declarations()),
            ("arguments", &item.arguments()),
            ("schema", &schema),
            ("predicates", &item.predicates),
            ("outlives", &outlives),
            ("bounds", &bounds),
            ("names", &names),
            ("buffers", &buffers),
            ("texts", &texts),
            ("count", &count),
        ],
    ))
}

fn named(name: &Ident) -> TokenStream {
    TokenTree::from(name.clone()).into()
}

/// A local variable, which may have the name of a field: those are behind a dot.
fn numbered(name: &str, at: usize) -> TokenStream {
    TokenTree::from(Ident::new(&format!("{name}_{at}"), Span::call_site())).into()
}
