"""The proxy of `evi-emulator exec --intercept`: for programs that honour HTTPS_PROXY."""
