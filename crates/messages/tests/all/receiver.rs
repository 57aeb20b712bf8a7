//! Receivers for tests: an HTTP server that answers as told, a mail server that misbehaves as told, keys.
#![allow(dead_code, clippy::allow_attributes, reason = "not every test needs every part")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use vault::{Cost, KeyRing, SeededRandom, Vault};

/// Keys for tests.
pub fn vault() -> Arc<Vault> {
    let random = SeededRandom::new([5; 32]);
    Arc::new(Vault::new(&KeyRing::ephemeral([3; 32]), Cost::cheap_for_tests(), Box::new(random)).unwrap())
}

pub struct Seen {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub raw: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// What a receiver answers: status, further lines of the head (each with its end), body.
pub struct Reply {
    pub status: u16,
    pub head: &'static str,
    pub text: &'static str,
}

/// A receiver that answers each request with the given status and body; `0` takes the request and stays silent.
pub fn receiver(answers: Vec<(u16, &'static str)>) -> (String, mpsc::Receiver<Seen>) {
    replies(answers.into_iter().map(|(status, text)| Reply { status, head: "", text }).collect())
}

/// [`receiver`] with lines of the head.
pub fn replies(answers: Vec<Reply>) -> (String, mpsc::Receiver<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (send, seen) = mpsc::channel();
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for Reply { status, head, text } in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut first = String::new();
            reader.read_line(&mut first).unwrap();
            let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut headers = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some((key, value)) = line.trim().split_once(": ") {
                    headers.push((key.to_lowercase(), value.to_owned()));
                }
            }
            let length = headers
                .iter()
                .find(|(key, _)| key == "content-length")
                .map_or(0, |(_, v)| v.parse().unwrap());
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            send.send(Seen { path, headers, body: String::from_utf8_lossy(&body).into_owned(), raw: body })
                .unwrap();
            if status == 0 {
                silent.push(stream);
                continue;
            }
            write!(
                stream,
                "HTTP/1.1 {status} X\r\n{head}content-length: {}\r\nconnection: close\r\n\r\n{text}",
                text.len()
            )
            .unwrap();
        }
        std::thread::sleep(Duration::from_secs(1));
    });
    (url, seen)
}

/// How the mail server treats a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Takes the mail.
    Takes,
    /// Refuses the receiver for good.
    NoSuchUser,
    /// Has no time now.
    NotNow,
    /// Hangs up in the middle of the text.
    HangsUp,
}

/// A mail server; each connection is treated as its mood says, mails that were taken come out of the channel.
pub fn mail_server(moods: Vec<Mood>) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (send, mails) = mpsc::channel();
    std::thread::spawn(move || {
        for mood in moods {
            let (stream, _) = listener.accept().unwrap();
            if let Some(mail) = talk(stream, mood) {
                send.send(mail).unwrap();
            }
        }
    });
    (port, mails)
}

fn talk(stream: TcpStream, mood: Mood) -> Option<String> {
    let mut out = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    let mut say = move |text: &str| out.write_all(format!("{text}\r\n").as_bytes()).is_ok();
    say("220 mail.test ESMTP");
    let mut taken = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return taken;
        }
        let verb = line.split([' ', ':', '\r']).next().unwrap_or_default().to_uppercase();
        match verb.as_str() {
            "EHLO" | "HELO" => say("250-mail.test\r\n250 8BITMIME"),
            "RCPT" if mood == Mood::NoSuchUser => say("550 5.1.1 <secret.name@example.com> no such user"),
            "RCPT" if mood == Mood::NotNow => say("451 4.7.1 come back later"),
            "MAIL" | "RCPT" | "RSET" | "NOOP" => say("250 ok"),
            "DATA" => {
                say("354 go on");
                let mut mail = String::new();
                loop {
                    let mut piece = String::new();
                    if reader.read_line(&mut piece).unwrap_or(0) == 0 || mood == Mood::HangsUp {
                        return None;
                    }
                    if piece == ".\r\n" {
                        break;
                    }
                    mail.push_str(&piece);
                }
                taken = Some(mail);
                say("250 taken")
            }
            "QUIT" => {
                say("221 bye");
                return taken;
            }
            _ => say("502 what?"),
        };
    }
}
