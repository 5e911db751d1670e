/** The CPU backend: Vector API tactics, run-time assembler, kernel generators and worker pool. */
package dev.slipway.backend.cpu;
