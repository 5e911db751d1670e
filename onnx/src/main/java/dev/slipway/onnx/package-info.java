/** Reads and writes ONNX models, and upgrades older opsets. */
package dev.slipway.onnx;
