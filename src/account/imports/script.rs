//! Bytes into text, as they arrive: UTF-8 with or without a mark, UTF-16, Windows-1252.

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    Windows1252,
}

impl Encoding {
    /// Its usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }
}

/// Why bytes are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoText {
    /// An archive or a spreadsheet's own format.
    Binary,
    /// Text in an encoding that is not read, or broken.
    Encoding,
}

/// Turns the pieces of a file into text.
#[derive(Default)]
pub struct Script {
    waiting: Vec<u8>,
    encoding: Option<Encoding>,
    sixteen: Option<Decoder>,
    beyond_ascii: bool,
}

const ENOUGH: usize = 512;

impl Script {
    /// The encoding, as far as is known.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding.unwrap_or(Encoding::Utf8)
    }

    /// The text of the next piece; `last` when nothing follows.
    ///
    /// # Errors
    /// When it is no text that can be read.
    pub fn read(&mut self, piece: &[u8], last: bool) -> Result<String, NoText> {
        self.waiting.extend_from_slice(piece);
        if self.encoding.is_none() {
            if self.waiting.len() < ENOUGH && !last {
                return Ok(String::new());
            }
            self.recognise()?;
        }
        match self.encoding() {
            Encoding::Utf8 => self.eight(last),
            Encoding::Windows1252 => Ok(self.single()),
            Encoding::Utf16Le | Encoding::Utf16Be => self.sixteen(last),
        }
    }

    fn recognise(&mut self) -> Result<(), NoText> {
        let start = self.waiting.get(..self.waiting.len().min(ENOUGH)).unwrap_or_default();
        let archives: [&[u8]; 5] = [b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"BZh"];
        if archives.iter().any(|mark| start.starts_with(mark)) {
            return Err(NoText::Binary);
        }
        if start.starts_with(&[0xff, 0xfe, 0, 0]) || start.starts_with(&[0, 0, 0xfe, 0xff]) {
            return Err(NoText::Encoding);
        }
        let zeros = |offset: usize| start.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
        let half = start.len() / 2;
        let (encoding, mark) = if start.starts_with(&[0xef, 0xbb, 0xbf]) {
            (Encoding::Utf8, 3)
        } else if start.starts_with(&[0xff, 0xfe]) {
            (Encoding::Utf16Le, 2)
        } else if start.starts_with(&[0xfe, 0xff]) {
            (Encoding::Utf16Be, 2)
        } else if half > 1 && zeros(1) * 2 > half && zeros(0) == 0 {
            (Encoding::Utf16Le, 0)
        } else if half > 1 && zeros(0) * 2 > half && zeros(1) == 0 {
            (Encoding::Utf16Be, 0)
        } else {
            (Encoding::Utf8, 0)
        };
        self.waiting.drain(..mark);
        self.beyond_ascii = mark == 3;
        self.encoding = Some(encoding);
        self.sixteen = match encoding {
            Encoding::Utf16Le => Some(UTF_16LE.new_decoder_without_bom_handling()),
            Encoding::Utf16Be => Some(UTF_16BE.new_decoder_without_bom_handling()),
            _ => None,
        };
        Ok(())
    }

    // What is no UTF-8 although nothing beyond ASCII came before is taken for Windows-1252; after real UTF-8 it is broken.
    fn eight(&mut self, last: bool) -> Result<String, NoText> {
        let (good, broken) = match std::str::from_utf8(&self.waiting) {
            Ok(_) => (self.waiting.len(), false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some() || last),
        };
        let rest = self.waiting.split_off(good);
        let mut text = String::from_utf8(std::mem::replace(&mut self.waiting, rest)).map_err(|_| NoText::Encoding)?;
        self.beyond_ascii = self.beyond_ascii || !text.is_ascii();
        if broken {
            if self.beyond_ascii {
                return Err(NoText::Encoding);
            }
            self.encoding = Some(Encoding::Windows1252);
            text.push_str(&self.single());
        }
        Ok(text)
    }

    fn single(&mut self) -> String {
        let bytes = std::mem::take(&mut self.waiting);
        WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned()
    }

    fn sixteen(&mut self, last: bool) -> Result<String, NoText> {
        let bytes = std::mem::take(&mut self.waiting);
        let decoder = self.sixteen.as_mut().ok_or(NoText::Encoding)?;
        let mut text = String::with_capacity(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3));
        let (_, _, broken) = decoder.decode_to_string(&bytes, &mut text, last);
        if broken { Err(NoText::Encoding) } else { Ok(text) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], step: usize) -> Result<(String, Encoding), NoText> {
        let mut script = Script::default();
        let mut text = String::new();
        for piece in bytes.chunks(step.max(1)) {
            text.push_str(&script.read(piece, false)?);
        }
        text.push_str(&script.read(&[], true)?);
        Ok((text, script.encoding()))
    }

    fn wide(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    }

    #[test]
    fn windows_1252_is_told_from_broken_utf_8() {
        assert_eq!(read(b"email\nJos\xe9@example.com", 4).unwrap(), ("email\nJosé@example.com".to_owned(), Encoding::Windows1252));
        assert_eq!(read("é\n\u{fffd}".as_bytes(), 1).unwrap().1, Encoding::Utf8);
        assert_eq!(read(b"\xc3\xa9 fine\nJos\xe9 not", 3), Err(NoText::Encoding));
        assert_eq!(read(b"\xff\xfe\x00\x00a\x00\x00\x00", 8), Err(NoText::Encoding));
        assert_eq!(read(b"PK\x03\x04abcdef", 3), Err(NoText::Binary));
        assert_eq!(read(b"\x1f\x8b\x08", 3), Err(NoText::Binary));
        assert_eq!(read(b"caf\xc3", 2).unwrap(), ("caf\u{c3}".to_owned(), Encoding::Windows1252), "a letter that is cut off is not lost");
        for (encoding, name) in [
            (Encoding::Utf8, "utf-8"),
            (Encoding::Utf16Le, "utf-16le"),
            (Encoding::Utf16Be, "utf-16be"),
            (Encoding::Windows1252, "windows-1252"),
        ] {
            assert_eq!(encoding.name(), name);
        }
    }

    #[test]
    fn five_hundred_and_twelve_bytes_are_enough_to_know_it() {
        let mut script = Script::default();
        assert_eq!(script.read(&[b'a'; ENOUGH - 1], false).unwrap(), "");
        assert_eq!(script.read(b"a", false).unwrap().len(), ENOUGH);
    }

    #[test]
    fn zeros_in_more_than_half_of_the_places_are_sixteen_bits_without_a_mark() {
        for little in [true, false] {
            let encoding = if little { Encoding::Utf16Le } else { Encoding::Utf16Be };
            assert_eq!(read(&wide("abcde你好吗", little), 5).unwrap(), ("abcde你好吗".to_owned(), encoding));
            assert_eq!(
                read(if little { b"a\0b\0cdef" } else { b"\0a\0bcdef" }, 5).unwrap().1,
                Encoding::Utf8,
                "half of them is not enough"
            );
            assert_eq!(read(&wide("a", little), 5).unwrap().1, Encoding::Utf8, "nor is a single letter");
        }
    }

    proptest! {
        #[test]
        fn text_reads_the_same_however_it_is_cut(text in "[a-zé你😀,\n\"]{0,900}", step in 1_usize..70, mark in any::<bool>()) {
            let marked = |bytes: Vec<u8>, bom: &[u8]| if mark { [bom, &bytes].concat() } else { bytes };
            prop_assert_eq!(read(&marked(text.clone().into_bytes(), b"\xef\xbb\xbf"), step).unwrap().0, text.clone());
            // Without a mark UTF-16 is known by its zeros.
            let latin = format!("email,name{text}");
            let cut = latin.get(..10).unwrap().repeat(60);
            prop_assert_eq!(read(&wide(&cut, true), step).unwrap().0, cut.clone());
            prop_assert_eq!(read(&[b"\xfe\xff".as_slice(), &wide(&text, false)].concat(), step).unwrap().0, text);
        }
    }
}
