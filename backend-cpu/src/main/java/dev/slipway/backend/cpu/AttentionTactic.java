package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Attention;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Attention without a cache, float32 contiguous, with or without an additive mask: for each head and some queries the
 * scores, their softmax and the weighted values, which stay in the cache.
 */
final class AttentionTactic implements Tactic {
  private static final TacticId ID = new TacticId("attention_f32", 2);

  /** Of a vector of multiply-adds. */
  private static final double NANOS_PER_STEP = 0.35;

  private static final double NANOS_PER_SCORE = 0.6;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  AttentionTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Attention op)) {
      return Requests.unsupported("operator " + request.op().schema().name() + " (expected: Attention)");
    }
    Optional<String> refusal = refusal(request, op);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    AttentionHeads q = AttentionHeads.of(request.input(0), op.queryHeads());
    AttentionHeads v = AttentionHeads.of(request.input(2), op.keyValueHeads());
    double scores = (double) q.batch() * q.count() * q.length() * v.length();
    double nanos = scores * ((q.size() + v.size()) * NANOS_PER_STEP / Memory.LANES + NANOS_PER_SCORE);
    return new Support.Supported(1 + nanos / 1000 / pool.threads());
  }

  private static Optional<String> refusal(KernelRequest request, Attention op) {
    if (op.softcap() > 0) {
      return Optional.of("softcap " + op.softcap() + " (expected: 0)");
    }
    if (request.outputs().size() > 1) {
      return Optional.of("outputs: " + request.outputs().size() + " (expected: 1)");
    }
    for (int port = AttentionKernel.MASK + 1; port < request.inputs().size(); port++) {
      if (request.has(port)) {
        return Optional.of("a cache of keys and values at input " + port + " (expected: none)");
      }
    }
    List<KernelRequest.Argument> operands = request.inputs().subList(0, AttentionKernel.MASK);
    Optional<String> type =
        Contiguous.notFloat32(new KernelRequest(op, operands, request.outputs(), request.device()));
    if (type.isPresent()) {
      return type;
    }
    AttentionHeads q = AttentionHeads.of(request.input(0), op.queryHeads());
    AttentionHeads k = AttentionHeads.of(request.input(1), op.keyValueHeads());
    AttentionHeads v = AttentionHeads.of(request.input(2), op.keyValueHeads());
    if (q.bytes() * k.bytes() * v.bytes() == 0) {
      return Optional.of("empty matrices");
    }
    return request.has(AttentionKernel.MASK)
        ? maskRefusal(request.input(AttentionKernel.MASK), k.length())
        : Optional.empty();
  }

  private static Optional<String> maskRefusal(TensorType mask, int keys) {
    if (mask.dtype() != DType.FLOAT32 && mask.dtype() != DType.BOOL) {
      return Optional.of("mask " + mask + " (expected: float32 or bool)");
    }
    int[] dims = Requests.dims(mask);
    if (dims.length == 0 || dims[dims.length - 1] != keys) {
      return Optional.of("mask " + mask + " (expected: a last axis of " + keys + " keys)");
    }
    return Optional.empty();
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return new AttentionKernel(request, (Attention) request.op(), pool, kernels);
  }
}
