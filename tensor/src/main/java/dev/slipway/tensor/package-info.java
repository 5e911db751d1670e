/** Element types, symbolic shapes, and tensors as views of memory. */
package dev.slipway.tensor;
