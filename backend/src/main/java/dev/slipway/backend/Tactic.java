package dev.slipway.backend;

import java.util.List;

/** A way to make kernels for some requests. Thread-safe. One file each in a backend. */
public interface Tactic {

  TacticId id();

  /** Cheap: called for every node and every shape. */
  Support supports(KernelRequest request);

  /** The choices worth measuring for a supported request, the best guess first; at least one. */
  default List<TuningChoice> choices(KernelRequest request) {
    return List.of(TuningChoice.NONE);
  }

  /**
   * More choices, which round factors of float32 to TensorFloat-32: the range of float32 with ten bits behind the
   * point. For builds that allow it.
   */
  default List<TuningChoice> roundedChoices(KernelRequest request) {
    return List.of();
  }

  /**
   * Whether its kernels get fast only after many runs, because the virtual machine compiles their loops meanwhile.
   * Whoever measures machine code need not wait.
   */
  default boolean warmsUp() {
    return true;
  }

  /**
   * How many times as fast as another tactic it has to be measured to be preferred: more than 1 where its kernels need
   * a unit that others share, who may want it again a minute later.
   */
  default double handicap() {
    return 1;
  }

  /**
   * Makes a kernel for a supported request. Constant inputs are in the request; those that the kernel wants in another
   * form are packed through {@code constants}, so that a plan can store them.
   */
  Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants);
}
