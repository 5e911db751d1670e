package dev.slipway.backend.cuda;

import java.util.ArrayList;
import java.util.List;

/**
 * An execution plan of cuDNN for a convolution. Thread-safe.
 *
 * @param descriptor closed by whoever made this
 */
record ConvPlan(Cudnn cudnn, ConvProblem problem, Cudnn.Descriptor descriptor, long workspaceBytes) {
  /** Names of the operands: cuDNN calls them unique identifiers. */
  static final int X = 1;

  static final int WEIGHTS = 2;
  static final int BIAS = 3;
  static final int Y = 4;
  /** Of the first operand that a step reads; the others follow. */
  static final int FIRST_SIDE = 10;

  private static final int HANDLE = 400;
  private static final int ENGINE_CONFIGURATION = 401;
  private static final int WORKSPACE = 402;
  private static final int JSON = 405;

  /** @throws CudaException where the engine does not take the problem */
  static ConvPlan of(Cudnn cudnn, Cudnn.Handle handle, ConvProblem problem, Cudnn.Descriptor configuration) {
    return complete(cudnn, handle, problem, plan -> plan.set(ENGINE_CONFIGURATION, configuration));
  }

  /**
   * A plan that {@link #json} gave, with the code that it has in it.
   *
   * @throws CudaException where the library or the device is another
   */
  static ConvPlan of(Cudnn cudnn, Cudnn.Handle handle, ConvProblem problem, byte[] json) {
    return complete(cudnn, handle, problem, plan -> plan.setText(JSON, json));
  }

  private interface Contents {
    void setOn(Cudnn.Descriptor plan);
  }

  private static ConvPlan complete(Cudnn cudnn, Cudnn.Handle handle, ConvProblem problem, Contents contents) {
    Cudnn.Descriptor plan = cudnn.descriptor(Cudnn.Kind.PLAN);
    try {
      contents.setOn(plan);
      plan.set(HANDLE, Cudnn.Values.HANDLE, handle.address()).complete();
      return new ConvPlan(cudnn, problem, plan, plan.integer(WORKSPACE));
    } catch (CudaException e) {
      plan.close();
      throw e;
    }
  }

  /** The plan as text that the same version of cuDNN reads for the same device. */
  byte[] json() {
    return descriptor.text(JSON);
  }

  /**
   * Enqueues the plan.
   *
   * @param sides addresses of what the steps read, in order
   */
  void enqueue(CudaQueue queue, long x, long weights, long bias, List<Long> sides, long y, long workspace) {
    List<Long> ids = new ArrayList<>(List.of((long) X, (long) WEIGHTS, (long) Y));
    List<Long> addresses = new ArrayList<>(List.of(x, weights, y));
    if (problem.bias()) {
      ids.add((long) BIAS);
      addresses.add(bias);
    }
    for (int i = 0; i < sides.size(); i++) {
      ids.add((long) FIRST_SIDE + i);
      addresses.add(sides.get(i));
    }
    try (Cudnn.Descriptor pack = cudnn.descriptor(Cudnn.Kind.VARIANT_PACK)) {
      pack.set(1000, Cudnn.Values.INT64, array(ids))
          .set(1001, Cudnn.Values.POINTER, array(addresses))
          .set(1003, Cudnn.Values.POINTER, workspace)
          .complete();
      queue.cudnn().execute(descriptor, pack);
    }
  }

  private static long[] array(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }
}
