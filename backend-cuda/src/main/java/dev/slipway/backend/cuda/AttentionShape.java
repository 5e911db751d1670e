package dev.slipway.backend.cuda;

import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.Node;
import dev.slipway.operators.Attention;
import dev.slipway.operators.Fused;
import dev.slipway.operators.Split;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

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

  /**
   * Elements from one batch, head and position to the next.
   *
   * @param port of the request
   * @param offset of the first element
   */
  record Place(int port, long offset, long batch, long head, long position) {}

  /** A mask with a score for each batch, head, query and key, along some of these. */
  record Mask(int port, DType type, long batch, long head, long query, long key) {}

  /**
   * A tensor that attention reads, which may be a part of the last axis of an input.
   *
   * @param width elements of the input's last axis
   */
  private record Operand(int port, long offset, long width, TensorType type) {
    static Operand whole(KernelRequest request, int port) {
      long[] dims = request.input(port).shape().known();
      return new Operand(port, 0, dims[dims.length - 1], request.input(port));
    }

    Place place(long heads) {
      long[] dims = type.shape().known();
      long[] strides = Strides.of(type);
      return strides.length == 4
          ? new Place(port, 0, strides[0], strides[1], strides[2])
          : new Place(port, offset, dims[1] * width, dims[2] / heads, width);
    }

    long size(int axis) {
      return type.shape().known()[axis];
    }
  }

  /** An attention and its inputs, of a request for it alone or together with the Split in front of it. */
  private record Parts(Attention op, Operand query, Operand key, Operand value, List<Integer> others) {
    static Optional<Parts> of(KernelRequest request) {
      if (request.op() instanceof Attention op) {
        List<Integer> others =
            IntStream.range(3, request.inputs().size()).mapToObj(port -> request.has(port) ? port : -1).toList();
        return Optional.of(new Parts(
            op, Operand.whole(request, 0), Operand.whole(request, 1), Operand.whole(request, 2), others));
      }
      boolean isPair = request.op() instanceof Fused(var body)
          && body.nodes().size() == 2
          && body.nodes().get(0).op() instanceof Split
          && body.nodes().get(1).op() instanceof Attention;
      return isPair ? ofPair(request, (Fused) request.op()) : Optional.empty();
    }

    private static Optional<Parts> ofPair(KernelRequest request, Fused fused) {
      Node split = fused.body().nodes().get(0);
      Node attention = fused.body().nodes().get(1);
      int whole = fused.body().inputs().indexOf(split.input(0));
      long[] dims = request.input(whole).shape().known();
      long axis = ((Split) split.op()).axis();
      if (dims.length != 3 || axis != -1 && axis != 2) {
        return Optional.empty();
      }
      List<Operand> parts = new ArrayList<>();
      long offset = 0;
      for (int i = 0; i < split.outputs().size(); i++) {
        Dim declared = fused.body().tensorType(split.output(i)).shape().dim(2);
        if (!(declared instanceof Dim.Known) && split.hasInput(1)) {
          return Optional.empty();
        }
        long width = declared instanceof Dim.Known(long known) ? known : dims[2] / split.outputs().size();
        parts.add(new Operand(
            whole, offset, dims[2], TensorType.of(request.input(whole).dtype(), dims[0], dims[1], width)));
        offset += width;
      }
      List<Operand> operands = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        int part = split.outputs().indexOf(attention.input(i));
        int port = fused.body().inputs().indexOf(attention.input(i));
        if (part < 0 && port < 0) {
          return Optional.empty();
        }
        operands.add(part >= 0 ? parts.get(part) : Operand.whole(request, port));
      }
      List<Integer> others =
          attention.inputs().stream().skip(3).map(id -> fused.body().inputs().indexOf(id)).toList();
      return Optional.of(
          new Parts((Attention) attention.op(), operands.get(0), operands.get(1), operands.get(2), others));
    }

    boolean readsMask() {
      return !others.isEmpty() && others.getFirst() >= 0;
    }

    boolean readsMore() {
      return others.stream().skip(1).anyMatch(port -> port >= 0);
    }
  }

  /** Why kernels do not take a request; empty where they do. */
  static Optional<String> refusal(KernelRequest request) {
    Optional<Parts> parts = Parts.of(request);
    if (parts.isEmpty()) {
      return Optional.of("operator " + request.op().schema().name() + " (expected: Attention)");
    }
    Attention op = parts.get().op();
    if (request.outputs().size() != 1 || parts.get().readsMore()) {
      return Optional.of("past keys or more outputs (expected: none)");
    }
    if (op.causal() || op.softcap() != 0) {
      return Optional.of("causal " + op.causal() + ", softcap " + op.softcap() + " (expected: neither)");
    }
    DType type = request.output().dtype();
    boolean areReal = CudaTypes.REALS.contains(type)
        && List.of(parts.get().query(), parts.get().key(), parts.get().value()).stream()
            .allMatch(operand -> operand.type().dtype() == type)
        && (!parts.get().readsMask()
            || CudaTypes.REALS.contains(request.input(parts.get().others().getFirst()).dtype()));
    if (!areReal || request.inputTypes().stream().anyMatch(input -> input.bytes() == 0)) {
      return Optional.of("inputs " + request.inputTypes() + " (expected: floats, Q, K and V of one type)");
    }
    return Requests.notContiguous(request);
  }

  static AttentionShape of(KernelRequest request) {
    Parts parts = Parts.of(request).orElseThrow();
    Attention op = parts.op();
    Operand q = parts.query();
    Operand k = parts.key();
    Operand v = parts.value();
    boolean apart = q.type().shape().rank() == 4;
    long heads = apart ? q.size(1) : op.queryHeads();
    long keyHeads = apart ? k.size(1) : op.keyValueHeads();
    int position = apart ? 2 : 1;
    long size = q.size(position + 1) / (apart ? 1 : heads);
    long valueSize = v.size(position + 1) / (apart ? 1 : keyHeads);
    long[] output = request.output().shape().known();
    Operand made = new Operand(0, 0, output[output.length - 1], request.output());
    return new AttentionShape(
        request.output().dtype(), q.size(0), heads, heads / keyHeads, q.size(position), k.size(position), size,
        valueSize, op.scale() == 0 ? (float) (1 / Math.sqrt(size)) : op.scale(),
        q.place(heads), k.place(keyHeads), v.place(keyHeads), made.place(heads),
        parts.readsMask() ? Optional.of(mask(request, parts.others().getFirst())) : Optional.empty());
  }

  private static Mask mask(KernelRequest request, int port) {
    long[] strides = Strides.broadcast(request.input(port), 4);
    return new Mask(port, request.input(port).dtype(), strides[0], strides[1], strides[2], strides[3]);
  }

  /** Whether tensor cores take it: 16 by 16 pieces of 16-bit floats that fit into registers. */
  boolean isForTensorCores() {
    return CudaTypes.HALVES.contains(type) && size == valueSize && size % 16 == 0 && size <= 128
        && isAligned(query) && isAligned(key) && isAligned(value) && isAligned(output);
  }

  /** Whether all vectors start at a multiple of 16 bytes. */
  private static boolean isAligned(Place place) {
    return (place.offset() | place.batch() | place.head() | place.position()) % 8 == 0;
  }

  double flops() {
    return 2.0 * batch * heads * queries * keys * (size + valueSize);
  }

  /** What the kernels' parameters point to, in their order. */
  List<Launch.Parameter> parameters() {
    List<Launch.Parameter> all = new ArrayList<>();
    for (Place place : List.of(query, key, value)) {
      all.add(new Launch.Parameter.Input(place.port()));
    }
    mask.ifPresent(own -> all.add(new Launch.Parameter.Input(own.port())));
    all.add(new Launch.Parameter.Output(0));
    return all;
  }
}
