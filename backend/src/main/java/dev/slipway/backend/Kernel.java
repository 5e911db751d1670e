package dev.slipway.backend;

/**
 * Code that computes one request. Immutable and thread-safe: all memory comes with the arguments, so that several
 * contexts run one kernel at once.
 */
public interface Kernel {

  /** Bytes of scratch memory that one run needs, not cleared. */
  default long workspaceBytes() {
    return 0;
  }

  /** Computes the outputs; allocates nothing. */
  void run(KernelArguments arguments);
}
