package dev.slipway.backend;

import dev.slipway.tensor.DType;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Code that computes one request. Immutable and thread-safe: all memory comes with the arguments, so that several
 * contexts run one kernel at once.
 */
public interface Kernel {

  /** Bytes of scratch memory that one run needs, not cleared. */
  default long workspaceBytes() {
    return 0;
  }

  /**
   * Arithmetic operations of one run, a multiply-add counting two, where the algorithm needs another number than the
   * operator's definition counts: that of Winograd's products. Empty where it computes what the definition says.
   */
  default OptionalLong flops() {
    return OptionalLong.empty();
  }

  /** The type of the products that it makes, where it is another than that of the inputs. */
  default Optional<DType> arithmetic() {
    return Optional.empty();
  }

  /** Computes the outputs; allocates nothing. */
  void run(KernelArguments arguments);
}
