//! The data types of MQTT: integers, strings, Variable Byte Integers.

/// Appends the data types of section 1.5.
#[derive(Clone, Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One byte.
    #[must_use]
    pub fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    /// Two bytes, the high one first.
    #[must_use]
    pub fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// Four bytes, the high one first.
    #[must_use]
    pub fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// A Variable Byte Integer in its shortest form.
    #[must_use]
    pub fn variable(mut self, mut value: u32) -> Self {
        while value >= 0x80 {
            self.0.push((value % 0x80) as u8 | 0x80);
            value /= 0x80;
        }
        self.0.push(value as u8);
        self
    }

    /// A text or Binary Data: two bytes of length, then the bytes. Nothing is checked: scripts send bad text.
    #[must_use]
    pub fn text(mut self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.0.extend((bytes.len() as u16).to_be_bytes());
        self.0.extend(bytes);
        self
    }

    /// Bytes as they are.
    #[must_use]
    pub fn raw(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.extend(bytes.as_ref());
        self
    }

    /// What was written.
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

/// A packet: the first byte, the Remaining Length, the body.
pub fn frame(first: u8, body: &[u8]) -> Vec<u8> {
    Writer::new().u8(first).variable(body.len() as u32).raw(body).done()
}

/// Takes the data types of section 1.5 off the front of some bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a>(&'a [u8]);

/// What a [`Reader`] found wrong, in words.
pub type Wrong = String;

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes are left.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Wrong> {
        let (head, tail) = self
            .0
            .split_at_checked(count)
            .ok_or_else(|| format!("{count} bytes wanted, {} left", self.0.len()))?;
        self.0 = tail;
        Ok(head)
    }

    /// Whatever is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, Wrong> {
        Ok(self.take(1)?[0])
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, Wrong> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, Wrong> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// A Variable Byte Integer, which has to be in its shortest form (5.0 [MQTT-1.5.5-1]).
    pub fn variable(&mut self) -> Result<u32, Wrong> {
        let mut value = 0;
        for position in 0..4 {
            let byte = self.u8()?;
            value |= u32::from(byte & 0x7F) << (7 * position);
            if byte & 0x80 == 0 {
                if position > 0 && byte == 0 {
                    return Err("a Variable Byte Integer longer than it need be".into());
                }
                return Ok(value);
            }
        }
        Err("a Variable Byte Integer of more than four bytes".into())
    }

    /// Binary Data.
    pub fn binary(&mut self) -> Result<&'a [u8], Wrong> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    /// A UTF-8 text, well formed and without U+0000.
    pub fn text(&mut self) -> Result<String, Wrong> {
        let bytes = self.binary()?;
        let text = std::str::from_utf8(bytes).map_err(|error| format!("text that is not UTF-8: {error}"))?;
        if text.contains('\0') {
            return Err("text with U+0000".into());
        }
        Ok(text.to_owned())
    }
}
