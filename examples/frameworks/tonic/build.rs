//! Compiles the service's definition.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let definition = protox::compile(["bakery.proto"], ["proto"])?;
    tonic_prost_build::compile_fds(definition)?;
    println!("cargo:rerun-if-changed=proto");
    Ok(())
}
