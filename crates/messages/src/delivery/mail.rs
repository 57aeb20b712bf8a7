//! E-mail over SMTP.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{SmtpTransport, Transport as _};

use super::rules::Failure;

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Security {
    /// Begins plain and must change to TLS (port 587).
    #[default]
    StartTls,
    /// TLS from the first byte (port 465).
    Tls,
    /// Plain: for a server on this machine.
    Plain,
}

/// The mail server.
#[derive(Clone, Default)]
pub struct MailServer {
    /// Name of the server.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub security: Security,
    /// Login, or empty.
    pub user: String,
    /// Its password.
    pub password: String,
    /// Sender, `邻里 <no-reply@example.cn>` or an address by itself.
    pub from: String,
    /// How long one command may take.
    pub timeout: Duration,
}

impl std::fmt::Debug for MailServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailServer({}:{})", self.host, self.port)
    }
}

impl MailServer {
    /// Whether the sender can be read.
    #[must_use]
    pub fn sender_ok(from: &str) -> bool {
        from.parse::<Mailbox>().is_ok()
    }
}

/// A mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Stays the same when it is sent again, so that the receiver's server can tell.
    pub id: String,
    /// Address.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// Sends a mail; blocks.
///
/// # Errors
/// What the server said, as its code: its words may hold the address.
pub fn send(server: &MailServer, mail: &Mail) -> Result<(), Failure> {
    let from: Mailbox = server.from.parse().map_err(|_| Failure::for_good("the sender cannot be read"))?;
    let to = mail.to.parse().map_err(|_| Failure::for_good("the address cannot be read"))?;
    let domain = from.email.domain().to_owned();
    let message = Message::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(mail.subject.replace(['\r', '\n'], " "))
        .message_id(Some(format!("<{}.linli@{domain}>", mail.id)))
        .header(ContentType::TEXT_PLAIN)
        .body(mail.text.clone())
        .map_err(|_| Failure::for_good("the mail cannot be written"))?;
    let tls =
        || TlsParameters::new(server.host.clone()).map_err(|_| Failure::again("TLS could not be set up"));
    let protection = match server.security {
        Security::Plain => Tls::None,
        Security::StartTls => Tls::Required(tls()?),
        Security::Tls => Tls::Wrapper(tls()?),
    };
    let mut transport = SmtpTransport::builder_dangerous(server.host.clone())
        .port(server.port)
        .timeout(Some(server.timeout))
        .tls(protection);
    if !server.user.is_empty() {
        transport = transport.credentials(Credentials::new(server.user.clone(), server.password.clone()));
    }
    transport.build().send(&message).map(|_| ()).map_err(|error| {
        let code = error.status().map(|code| code.to_string()).unwrap_or_default();
        if error.is_permanent() {
            Failure::for_good(format!("refused {code}").trim_end())
        } else if error.is_transient() {
            Failure::again(format!("not now {code}").trim_end())
        } else if error.is_timeout() {
            Failure::again("timeout")
        } else if error.is_tls() {
            Failure::again("TLS")
        } else {
            Failure::again("connection")
        }
    })
}
