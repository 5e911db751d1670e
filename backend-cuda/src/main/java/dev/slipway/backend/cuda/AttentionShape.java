package dev.slipway.backend.cuda;

import dev.slipway.backend.KernelRequest;
import dev.slipway.operators.Attention;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.Optional;

/**
 * The sizes of an attention, and where its operands have the vector of a batch, head and position.
 *
 * @param heads of the queries
 * @param group heads of the queries that share one of the keys
 * @param queries positions
 * @param keys positions
 * @param size of a query's and a key's vector
 * @param valueSize of a value's vector
 * @param mask added to the scores
 */
record AttentionShape(
    DType type, long batch, long heads, long group, long queries, long keys, long size, long valueSize, float scale,
    Place query, Place key, Place value, Place output, Optional<Mask> mask) {

  /** Elements from one batch, head and position to the next. */
  record Place(long batch, long head, long position) {
    static Place of(TensorType type, long heads) {
      long[] strides = Strides.of(type);
      long last = type.shape().known()[strides.length - 1];
      return strides.length == 4
          ? new Place(strides[0], strides[1], strides[2])
          : new Place(strides[0], last / heads, strides[1]);
    }
  }

  /** A mask with a score for each batch, head, query and key, along some of these. */
  record Mask(DType type, long batch, long head, long query, long key) {
    static Mask of(TensorType type) {
      long[] strides = Strides.broadcast(type, 4);
      return new Mask(type.dtype(), strides[0], strides[1], strides[2], strides[3]);
    }
  }

  /** Why kernels do not take a request; empty where they do. */
  static Optional<String> refusal(KernelRequest request) {
    if (!(request.op() instanceof Attention op)) {
      return Optional.of("operator " + request.op().schema().name() + " (expected: Attention)");
    }
    if (request.outputs().size() != 1 || request.has(4) || request.has(5) || request.has(6)) {
      return Optional.of("past keys or more outputs (expected: none)");
    }
    if (op.causal() || op.softcap() != 0) {
      return Optional.of("causal " + op.causal() + ", softcap " + op.softcap() + " (expected: neither)");
    }
    DType type = request.output().dtype();
    boolean areReal = CudaTypes.REALS.contains(type)
        && request.inputTypes().stream().allMatch(input -> CudaTypes.REALS.contains(input.dtype()))
        && request.inputTypes().stream().limit(3).allMatch(input -> input.dtype() == type);
    if (!areReal || request.inputTypes().stream().anyMatch(input -> input.bytes() == 0)) {
      return Optional.of("inputs " + request.inputTypes() + " (expected: floats, Q, K and V of one type)");
    }
    return Requests.notContiguous(request);
  }

  static AttentionShape of(KernelRequest request) {
    Attention op = (Attention) request.op();
    TensorType q = request.input(0);
    TensorType k = request.input(1);
    TensorType v = request.input(2);
    boolean apart = q.shape().rank() == 4;
    long heads = apart ? q.shape().known()[1] : op.queryHeads();
    long keyHeads = apart ? k.shape().known()[1] : op.keyValueHeads();
    int position = apart ? 2 : 1;
    long size = q.shape().known()[position + 1] / (apart ? 1 : heads);
    long valueSize = v.shape().known()[position + 1] / (apart ? 1 : keyHeads);
    return new AttentionShape(
        request.output().dtype(), q.shape().known()[0], heads, heads / keyHeads, q.shape().known()[position],
        k.shape().known()[position], size, valueSize, op.scale() == 0 ? (float) (1 / Math.sqrt(size)) : op.scale(),
        Place.of(q, heads), Place.of(k, keyHeads), Place.of(v, keyHeads), Place.of(request.output(), heads),
        request.has(3) ? Optional.of(Mask.of(request.input(3))) : Optional.empty());
  }

  /** Whether tensor cores take it: 16 by 16 pieces of float16 that fit into registers. */
  boolean isForTensorCores() {
    return type == DType.FLOAT16 && size == valueSize && size % 16 == 0 && size <= 128;
  }

  double flops() {
    return 2.0 * batch * heads * queries * keys * (size + valueSize);
  }
}
