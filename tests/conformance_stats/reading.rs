//! Reads the cases of a file of vectors.

use serde_json::{Map, Value};

/// One case of a file: what goes in, and what must come out.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) tags: Vec<String>,
    pub(crate) input: Fields,
    pub(crate) expected: Value,
}

impl Case {
    /// Reads one element of the array `cases`.
    pub(crate) fn read(value: &Value) -> Result<Self, String> {
        let fields = Fields::from_value(value, "case")?;
        Ok(Self {
            id: fields.text("id")?.to_owned(),
            tags: fields
                .array("tags")?
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            input: fields.object("input")?,
            expected: fields.value("expected")?.clone(),
        })
    }

    /// Tells whether the case has an expected value at this top-level key.
    pub(crate) fn expects(&self, key: &str) -> bool {
        self.expected.get(key).is_some()
    }

    /// Returns the kind of refusal that the case asks for.
    pub(crate) fn expected_error(&self) -> Option<&str> {
        self.expected.get("error").and_then(Value::as_str)
    }
}

/// The named inputs of a case, or of an object inside of them.
///
/// Each reader fails with a message that names the key; an adapter passes it on by `?`.
#[derive(Clone)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    fn from_value(value: &Value, what: &str) -> Result<Self, String> {
        match value {
            Value::Object(map) => Ok(Self(map.clone())),
            other => Err(format!("{what} is {other}, expected an object")),
        }
    }

    /// Tells whether the key is there and not null.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(|value| !value.is_null())
    }

    /// Returns the value as it stands in the file.
    pub(crate) fn value(&self, key: &str) -> Result<&Value, String> {
        self.0
            .get(key)
            .ok_or_else(|| format!("input has no key `{key}`"))
    }

    /// Reads a number, or one of the strings "inf", "-inf" and "nan".
    pub(crate) fn number(&self, key: &str) -> Result<f64, String> {
        number(self.value(key)?).ok_or_else(|| self.wrong(key, "a number"))
    }

    /// Reads a number; a key that is absent or null gives `None`.
    pub(crate) fn optional_number(&self, key: &str) -> Result<Option<f64>, String> {
        if self.has(key) {
            self.number(key).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Reads a count. `10.0` is a count too.
    pub(crate) fn count(&self, key: &str) -> Result<u64, String> {
        count(self.value(key)?).ok_or_else(|| self.wrong(key, "a count"))
    }

    /// Reads a text.
    pub(crate) fn text(&self, key: &str) -> Result<&str, String> {
        self.value(key)?
            .as_str()
            .ok_or_else(|| self.wrong(key, "a text"))
    }

    /// Reads true or false.
    pub(crate) fn flag(&self, key: &str) -> Result<bool, String> {
        self.value(key)?
            .as_bool()
            .ok_or_else(|| self.wrong(key, "true or false"))
    }

    /// Reads an array of numbers.
    pub(crate) fn numbers(&self, key: &str) -> Result<Vec<f64>, String> {
        let numbers: Option<_> = self.array(key)?.iter().map(number).collect();
        numbers.ok_or_else(|| self.wrong(key, "numbers"))
    }

    /// Reads an array of counts.
    pub(crate) fn counts(&self, key: &str) -> Result<Vec<u64>, String> {
        let counts: Option<_> = self.array(key)?.iter().map(count).collect();
        counts.ok_or_else(|| self.wrong(key, "counts"))
    }

    /// Reads an array of arrays of numbers.
    pub(crate) fn rows(&self, key: &str) -> Result<Vec<Vec<f64>>, String> {
        let row = |value: &Value| {
            value
                .as_array()?
                .iter()
                .map(number)
                .collect::<Option<Vec<_>>>()
        };
        let rows: Option<_> = self.array(key)?.iter().map(row).collect();
        rows.ok_or_else(|| self.wrong(key, "rows of numbers"))
    }

    /// Reads an array of arrays of counts.
    pub(crate) fn count_rows(&self, key: &str) -> Result<Vec<Vec<u64>>, String> {
        let row = |value: &Value| {
            value
                .as_array()?
                .iter()
                .map(count)
                .collect::<Option<Vec<_>>>()
        };
        let rows: Option<_> = self.array(key)?.iter().map(row).collect();
        rows.ok_or_else(|| self.wrong(key, "rows of counts"))
    }

    /// Reads an array of pairs of numbers.
    pub(crate) fn pairs(&self, key: &str) -> Result<Vec<(f64, f64)>, String> {
        self.rows(key)?
            .iter()
            .map(|row| match row[..] {
                [first, second] => Ok((first, second)),
                _ => Err(self.wrong(key, "pairs of numbers")),
            })
            .collect()
    }

    /// Reads an array of texts.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<String>, String> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let texts: Option<_> = self.array(key)?.iter().map(text).collect();
        texts.ok_or_else(|| self.wrong(key, "texts"))
    }

    /// Reads an object.
    pub(crate) fn object(&self, key: &str) -> Result<Self, String> {
        Self::from_value(self.value(key)?, key)
    }

    /// Reads an array of objects.
    pub(crate) fn objects(&self, key: &str) -> Result<Vec<Self>, String> {
        self.array(key)?
            .iter()
            .map(|value| Self::from_value(value, key))
            .collect()
    }

    /// Reads an array of anything.
    pub(crate) fn array(&self, key: &str) -> Result<&Vec<Value>, String> {
        self.value(key)?
            .as_array()
            .ok_or_else(|| self.wrong(key, "an array"))
    }

    fn wrong(&self, key: &str, expected: &str) -> String {
        format!(
            "input `{key}` is {}, expected {expected}",
            self.0.get(key).unwrap_or(&Value::Null)
        )
    }
}

/// Reads a number of the file's notation.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            "nan" => Some(f64::NAN),
            _ => None,
        },
        _ => None,
    }
}

fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64()?;
        (number.fract() == 0.0 && (0.0..9e15).contains(&number)).then_some(number as u64)
    })
}
