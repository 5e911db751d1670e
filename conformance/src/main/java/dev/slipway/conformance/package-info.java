/** Runs the ONNX backend tests on a backend and reports what passed, failed and is unsupported. */
package dev.slipway.conformance;
