// Loaded before the program: an engine that knows no SIMD.
WebAssembly.validate = () => false;
