//! Options of mosquitto_pub and mosquitto_sub for what is not there yet: they are known, so that the answer
//! can be a clear one.

use clap::Args;

/// All of them. What they say does not matter.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct UnsupportedOptions {
    #[arg(long, hide = true, num_args = 0..=1)]
    cafile: Option<Option<String>>,
    #[arg(long, hide = true, num_args = 0..=1)]
    capath: Option<Option<String>>,
    #[arg(long, hide = true, num_args = 0..=1)]
    cert: Option<Option<String>>,
    #[arg(long, hide = true, num_args = 0..=1)]
    key: Option<Option<String>>,
    #[arg(long, hide = true, num_args = 0..=1)]
    keyform: Option<Option<String>>,
    #[arg(long, hide = true, num_args = 0..=1)]
    ciphers: Option<Option<String>>,
    #[arg(long, hide = true, num_args = 0..=1)]
    tls_version: Option<Option<String>>,
    #[arg(long, hide = true, num_args = 0..=1)]
    tls_alpn: Option<Option<String>>,
    #[arg(long, hide = true)]
    tls_use_os_certs: bool,
    #[arg(long, hide = true)]
    insecure: bool,
    #[arg(long, hide = true, num_args = 0..=1)]
    psk: Option<Option<String>>,
    #[arg(long, hide = true, num_args = 0..=1)]
    psk_identity: Option<Option<String>>,
    #[arg(long, hide = true)]
    ws: bool,
    #[arg(long, hide = true, num_args = 0..=1)]
    unix: Option<Option<String>>,
    #[arg(long, hide = true, num_args = 0..=1)]
    proxy: Option<Option<String>>,
    #[arg(short = 'S', hide = true)]
    srv: bool,
}

impl UnsupportedOptions {
    /// The first of them that was given, as it is written.
    pub(super) fn first(&self) -> Option<&'static str> {
        let given = [
            ("--cafile", self.cafile.is_some()),
            ("--capath", self.capath.is_some()),
            ("--cert", self.cert.is_some()),
            ("--key", self.key.is_some()),
            ("--keyform", self.keyform.is_some()),
            ("--ciphers", self.ciphers.is_some()),
            ("--tls-version", self.tls_version.is_some()),
            ("--tls-alpn", self.tls_alpn.is_some()),
            ("--tls-use-os-certs", self.tls_use_os_certs),
            ("--insecure", self.insecure),
            ("--psk", self.psk.is_some()),
            ("--psk-identity", self.psk_identity.is_some()),
            ("--ws", self.ws),
            ("--unix", self.unix.is_some()),
            ("--proxy", self.proxy.is_some()),
            ("-S", self.srv),
        ];
        given.iter().find(|(_, given)| *given).map(|(name, _)| *name)
    }
}

/// What there is instead.
pub(super) fn not_supported(what: &str) -> String {
    format!(
        "{what} is not supported yet: connections are plain TCP (-h HOST -p PORT, or -L mqtt://…), without TLS, \
         WebSocket, Unix sockets, proxies and SRV look-ups"
    )
}
