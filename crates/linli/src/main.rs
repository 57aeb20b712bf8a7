//! The program `linli`; everything it does is in the library.

fn main() -> std::process::ExitCode {
    linli::cli::main()
}
