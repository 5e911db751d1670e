/** Kernels on NVIDIA GPUs. */
package dev.slipway.backend.cuda;
