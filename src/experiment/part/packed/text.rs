//! Bytes in a format for people: base 64, without line breaks and padding.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Packed;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => serializer.serialize_str(&written(&self.0)),
            false => serializer.serialize_bytes(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Packed, D::Error> {
        match deserializer.is_human_readable() {
            true => deserializer.deserialize_str(Bytes),
            false => deserializer.deserialize_byte_buf(Bytes),
        }
    }
}

struct Bytes;

impl<'de> de::Visitor<'de> for Bytes {
    type Value = Packed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("packed units")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Packed, E> {
        let bytes = read(text.as_bytes());
        bytes
            .map(Packed)
            .ok_or_else(|| E::custom("packed units are no text in base 64"))
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Packed, E> {
        Ok(Packed(bytes.to_vec()))
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Packed, E> {
        Ok(Packed(bytes))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut all: A) -> Result<Packed, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = all.next_element()? {
            bytes.push(byte);
        }
        Ok(Packed(bytes))
    }
}

fn written(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..=chunk.len() {
            let six = bits >> (18 - 6 * place) & 63;
            text.push(
                LETTERS
                    .get(six as usize)
                    .map_or('A', |&letter| letter.into()),
            );
        }
    }
    text
}

fn read(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.chunks(4) {
        let mut bits = 0;
        for place in 0..4 {
            let six = match chunk.get(place) {
                Some(letter) => value(*letter)?,
                None => 0,
            };
            bits = bits << 6 | six;
        }
        let [_, high, middle, low] = bits.to_be_bytes();
        let whole = chunk.len().checked_sub(1).filter(|&whole| whole > 0)?;
        bytes.extend([high, middle, low].into_iter().take(whole));
    }
    Some(bytes)
}

const fn value(letter: u8) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value as u32)
}

#[cfg(test)]
mod tests {
    use super::{read, written};

    #[test]
    fn bytes_come_back_from_their_text() {
        // RFC 4648, section 10, without padding.
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(written(bytes.as_bytes()), text);
            assert_eq!(read(text.as_bytes()).as_deref(), Some(bytes.as_bytes()));
        }
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(read(written(&all).as_bytes()), Some(all));
        assert!(
            ["A", "Zg==", "Zm9vA", "Z g1"]
                .iter()
                .all(|text| read(text.as_bytes()).is_none())
        );
    }
}
