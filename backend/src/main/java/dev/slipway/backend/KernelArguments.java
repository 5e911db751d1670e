package dev.slipway.backend;

import java.lang.foreign.MemorySegment;

/**
 * The memory of one kernel run: one native segment for each input and output of the request, of at least its size.
 * Constants are there too; absent inputs are {@link MemorySegment#NULL}. An execution context owns it and rebinds
 * inputs and outputs between runs.
 */
public final class KernelArguments {
  private final MemorySegment[] inputs;
  private final MemorySegment[] outputs;
  private final MemorySegment workspace;

  public KernelArguments(MemorySegment[] inputs, MemorySegment[] outputs, MemorySegment workspace) {
    this.inputs = inputs.clone();
    this.outputs = outputs.clone();
    this.workspace = workspace;
  }

  public int inputCount() {
    return inputs.length;
  }

  public int outputCount() {
    return outputs.length;
  }

  public MemorySegment input(int port) {
    return inputs[port];
  }

  public MemorySegment output(int port) {
    return outputs[port];
  }

  /** The first output, which most kernels have alone. */
  public MemorySegment output() {
    return outputs[0];
  }

  /** {@link Kernel#workspaceBytes()} bytes, aligned to 64. */
  public MemorySegment workspace() {
    return workspace;
  }

  public void bindInput(int port, MemorySegment segment) {
    inputs[port] = segment;
  }

  public void bindOutput(int port, MemorySegment segment) {
    outputs[port] = segment;
  }
}
