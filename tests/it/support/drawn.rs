//! Values of any type that has a JSON form, drawn from a list of numbers. The type says what to draw: every field, every
//! variant, lists and missing values. Only texts need trials, because a type refuses the texts that its parser refuses.

mod buffered_types;

use std::collections::{BTreeMap, BTreeSet};

use jeton::domain::name::Prefix;
use jeton::domain::secret::Secret;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use buffered_types::{BUFFERED, DEPENDENT};

type Drawn<T> = Result<T, Error>;
type Draw = fn(&mut Source<'_>) -> Drawn<Value>;

/// Forms of text. Each type of a text accepts one of them.
const TEXTS: [fn(u64) -> String; 18] = [
    |n| ["", "x", "{\"q\": [1]}", "ü\u{202e} \"\\/", "a\nb\t\u{7f}\0", "’𝄞"][n as usize % 6].to_owned(),
    |n| format!("name-{n}"),
    |n| format!("name-{n}@example.com"),
    |n| format!("Some.Method{n}"),
    |n| ["Compute*", "group:Compute", "set:Read only"][n as usize % 3].to_owned(),
    |n| ["never", "2027-02-28", "30d", "12h"][n as usize % 4].to_owned(),
    |n| format!("{}{}", n % 20 + 1, ["h", "d", "w", "mo", "y"][n as usize % 5]),
    |n| format!("{}{}{}", ["<", ">"][n as usize % 2], n % 20 + 1, ["h", "d", "w", "mo", "y"][n as usize % 5]),
    |n| format!("2026-11-21T09:30:{:02}{}Z", n % 60, ["", ".007", ".120"][n as usize % 3]),
    |n| format!("2026-11-{:02}", n % 28 + 1),
    |n| ["not-selected", "account-role", "expired"][n as usize % 3].to_owned(),
    |n| format!("a:{}", n),
    |n| format!("t:{}", n),
    |n| format!("jtn@{}", n),
    |n| format!("{n:064x}"),
    |n| ["jtn", "acme", "x9"][n as usize % 3].to_owned(),
    |n| format!("{:08}", n % 100_000_000),
    |n| {
        let line = format!("jeton-audit 1 {} {n:064x} 2026-11-21T09:30:00Z jtn@{n}", n % 1000 + 1);
        format!("{line} {:08x}", crc32fast::hash(line.as_bytes()))
    },
];

/// Returns a well-formed secret.
fn secret(n: u64) -> Secret {
    let fill = |buffer: &mut [u8]| {
        buffer.iter_mut().zip(0_u64..).for_each(|(byte, at)| *byte = (n.wrapping_add(at * 7) % 248) as u8);
        Ok(())
    };
    Secret::generate(&Prefix::default(), fill).unwrap()
}

/// What trials have shown of the texts that fields accept. Fields are named `Struct.field`.
#[derive(Default)]
pub struct Learned {
    refused: BTreeMap<String, BTreeSet<usize>>,
}

/// A value and what is known of it.
pub struct Sample<T> {
    pub value: T,
    /// The fields that hold secrets, as a path.
    pub secret_paths: BTreeSet<String>,
    /// The secrets.
    pub secrets: Vec<String>,
}

impl Learned {
    /// Draws the variant `variant` of the enum `T`. The same `choices` give the same value.
    pub fn draw<T: DeserializeOwned>(&mut self, variant: usize, choices: &[u64]) -> Sample<T> {
        loop {
            let mut source = Source {
                choices: choices.iter().copied().collect(),
                first: Some(variant),
                learned: self,
                field: String::new(),
                path: Vec::new(),
                last_text: None,
                secret_paths: BTreeSet::new(),
                secrets: Vec::new(),
            };
            let drawn = T::deserialize(&mut source);
            let Source { last_text, secret_paths, secrets, .. } = source;
            match (drawn, last_text) {
                (Ok(value), _) => return Sample { value, secret_paths, secrets },
                (Err(error), None) => panic!("{error}"),
                // The text that was drawn last is the one that was refused.
                (Err(error), Some((field, form))) => {
                    let refused = self.refused.entry(field.clone()).or_default();
                    refused.insert(form);
                    assert!(refused.len() < TEXTS.len(), "no text fits {field}: {error}");
                }
            }
        }
    }
}

struct Source<'a> {
    choices: std::collections::VecDeque<u64>,
    first: Option<usize>,
    learned: &'a Learned,
    field: String,
    path: Vec<String>,
    last_text: Option<(String, usize)>,
    secret_paths: BTreeSet<String>,
    secrets: Vec<String>,
}

impl Source<'_> {
    /// Returns the next choice, 0 after the last.
    fn choice(&mut self) -> u64 {
        self.choices.pop_front().unwrap_or_default()
    }

    fn text(&mut self) -> String {
        let n = self.choice();
        let refused = self.learned.refused.get(&self.field);
        let forms: Vec<_> = (0..TEXTS.len()).filter(|form| refused.is_none_or(|r| !r.contains(form))).collect();
        let form = forms[(n >> 32) as usize % forms.len()];
        self.last_text = Some((self.field.clone(), form));
        TEXTS[form](n & 0x7fff_ffff)
    }

    fn inside<T>(&mut self, field: String, step: &str, f: impl FnOnce(&mut Self) -> Drawn<T>) -> Drawn<T> {
        let outer = std::mem::replace(&mut self.field, field);
        self.path.push(step.to_owned());
        let drawn = f(self)?;
        self.path.pop();
        self.field = outer;
        Ok(drawn)
    }
}

impl Source<'_> {
    /// Draws a part of a type of [`BUFFERED`].
    fn part<T: DeserializeOwned>(&mut self) -> Drawn<T> {
        self.inside(std::any::type_name::<T>().to_owned(), "part", |source| T::deserialize(source))
    }

    /// Returns a value of the type that `V` visits if it is one of [`BUFFERED`].
    fn buffered<V>(&mut self) -> Drawn<Option<Value>> {
        let visitor = std::any::type_name::<V>();
        BUFFERED.iter().find(|(name, _)| visitor.contains(name)).map(|(_, draw)| draw(self)).transpose()
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Drawn<V::Value> {
            let n = self.choice();
            // Small numbers, and the ends.
            visitor.$visit(match n % 8 { 6 => <$type>::MAX, 7 => <$type>::MIN, _ => ((n >> 3) % 100) as $type })
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Source<'_> {
    type Error = Error;

    numbers! {
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Drawn<V::Value> {
        if let Some(value) = self.buffered::<V>()? {
            return value.deserialize_any(visitor).map_err(de::Error::custom);
        }
        match self.choice() % 4 {
            0 => visitor.visit_unit(),
            1 => self.deserialize_bool(visitor),
            2 => self.deserialize_i64(visitor),
            _ => visitor.visit_string(TEXTS[0](self.choice())),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Drawn<V::Value> {
        visitor.visit_bool(self.choice() % 2 == 1)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Drawn<V::Value> {
        if !std::any::type_name::<V>().contains("SecretVisitor") {
            return visitor.visit_string(self.text());
        }
        self.secret_paths.insert(self.path.join("."));
        let secret = secret(self.choice()).expose(str::to_owned);
        self.secrets.push(secret.clone());
        visitor.visit_string(secret)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Drawn<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Drawn<V::Value> {
        if self.choice().is_multiple_of(4) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Drawn<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Drawn<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Drawn<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Drawn<V::Value> {
        let length = self.choice() as usize % 3;
        visitor.visit_seq(Items { source: self, left: length })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Drawn<V::Value> {
        visitor.visit_seq(Items { source: self, left: length })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, len: usize, visitor: V) -> Drawn<V::Value> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Drawn<V::Value> {
        if let Some(value) = self.buffered::<V>()? {
            return value.deserialize_map(visitor).map_err(de::Error::custom);
        }
        let length = self.choice() as usize % 3;
        visitor.visit_map(Items { source: self, left: length })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Drawn<V::Value> {
        if let Some((_, draw)) = DEPENDENT.iter().find(|(json_name, _)| *json_name == name) {
            return draw(self)?.deserialize_map(visitor).map_err(de::Error::custom);
        }
        visitor.visit_map(Fields { source: self, name, fields: fields.iter(), field: "" })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Drawn<V::Value> {
        let index = self.first.take().unwrap_or_else(|| self.choice() as usize) % variants.len();
        visitor.visit_enum(Variant { source: self, name, variant: variants[index] })
    }

    forward_to_deserialize_any! { i128 u128 f32 f64 char bytes byte_buf identifier ignored_any }
}

struct Items<'a, 'b> {
    source: &'a mut Source<'b>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Drawn<Option<T::Value>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.source).map(Some)
    }
}

impl<'de> MapAccess<'de> for Items<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Drawn<Option<K::Value>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let field = format!("{} key", self.source.field);
        self.source.inside(field, "key", |source| seed.deserialize(source).map(Some))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Drawn<T::Value> {
        seed.deserialize(&mut *self.source)
    }
}

struct Fields<'a, 'b> {
    source: &'a mut Source<'b>,
    name: &'static str,
    fields: std::slice::Iter<'static, &'static str>,
    field: &'static str,
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Drawn<Option<K::Value>> {
        let Some(field) = self.fields.next() else { return Ok(None) };
        self.field = field;
        seed.deserialize(StrDeserializer::new(field)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Drawn<T::Value> {
        let field = format!("{}.{}", self.name, self.field);
        self.source.inside(field, self.field, |source| seed.deserialize(source))
    }
}

struct Variant<'a, 'b> {
    source: &'a mut Source<'b>,
    name: &'static str,
    variant: &'static str,
}

impl<'a, 'b, 'de> EnumAccess<'de> for Variant<'a, 'b> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Drawn<(T::Value, Self)> {
        let name: StrDeserializer<'_, Error> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_> {
    type Error = Error;

    fn unit_variant(self) -> Drawn<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Drawn<T::Value> {
        let field = format!("{}::{}", self.name, self.variant);
        self.source.inside(field, self.variant, |source| seed.deserialize(source))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Drawn<V::Value> {
        let field = format!("{}::{}", self.name, self.variant);
        self.source.inside(field, self.variant, |source| de::Deserializer::deserialize_tuple(source, len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Drawn<V::Value> {
        visitor.visit_map(Fields { source: self.source, name: self.variant, fields: fields.iter(), field: "" })
    }
}
