//! A file that is not to last: nothing in it is ever synced, so that a view can be built as fast as the disk's
//! cache takes it.

use std::io;

use redb::{StorageBackend, backends::FileBackend};

#[derive(Debug)]
pub(super) struct Scratch(pub(super) FileBackend);

impl StorageBackend for Scratch {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.close()
    }
}
