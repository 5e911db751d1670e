package dev.slipway.backend.cpu;

import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Concat;
import dev.slipway.operators.Fused;
import dev.slipway.operators.Slice;
import dev.slipway.operators.Split;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the channels of each output come from, for operators that only choose and join channels.
 *
 * @param outputs for each output the source of each channel
 */
record ChannelMap(List<List<Source>> outputs) {
  private static final int CHANNEL_AXIS = 1;

  /** A channel of an input of the request. */
  record Source(int input, int channel) {}

  /** The map of a request; empty where it does more than to move whole channels. */
  static Optional<ChannelMap> of(KernelRequest request) {
    return request.op() instanceof Fused(Graph body) ? ofBody(request, body) : ofOperator(request);
  }

  private static Optional<ChannelMap> ofOperator(KernelRequest request) {
    List<List<Source>> inputs = new ArrayList<>();
    List<Optional<Tensor>> constants = new ArrayList<>();
    for (int i = 0; i < request.inputs().size(); i++) {
      inputs.add(channels(request, i));
      constants.add(request.constant(i));
    }
    List<Integer> sizes = request.outputs().stream().map(type -> Requests.dims(type)[CHANNEL_AXIS]).toList();
    return apply(request.op(), request.output().shape().rank(), inputs, constants, sizes).map(ChannelMap::new);
  }

  /** Operators with one output each, in a row. */
  private static Optional<ChannelMap> ofBody(KernelRequest request, Graph body) {
    Map<ValueId, List<Source>> known = new HashMap<>();
    Map<ValueId, Tensor> constants = new HashMap<>(body.constants());
    for (int i = 0; i < body.inputs().size(); i++) {
      ValueId id = body.inputs().get(i);
      known.put(id, channels(request, i));
      request.constant(i).ifPresent(tensor -> constants.put(id, tensor));
    }
    int rank = request.output().shape().rank();
    for (Node node : body.nodes()) {
      if (node.outputs().size() != 1) {
        return Optional.empty();
      }
      Optional<List<List<Source>>> made = apply(
          node.op(),
          rank,
          node.inputs().stream().map(id -> known.getOrDefault(id, List.of())).toList(),
          node.inputs().stream().map(id -> Optional.ofNullable(constants.get(id))).toList(),
          List.of());
      if (made.isEmpty()) {
        return Optional.empty();
      }
      known.put(node.output(), made.get().getFirst());
    }
    return Optional.of(new ChannelMap(body.outputs().values().stream().map(known::get).toList()));
  }

  private static List<Source> channels(KernelRequest request, int input) {
    List<Source> channels = new ArrayList<>();
    boolean isActivation = request.has(input) && request.input(input).shape().rank() > CHANNEL_AXIS
        && request.constant(input).isEmpty();
    for (int c = 0; isActivation && c < request.input(input).shape().known()[CHANNEL_AXIS]; c++) {
      channels.add(new Source(input, c));
    }
    return channels;
  }

  private static Optional<List<List<Source>>> apply(
      Op op, int rank, List<List<Source>> inputs, List<Optional<Tensor>> constants, List<Integer> sizes) {
    return switch (op) {
      case Concat(long axis) when isChannels(axis, rank) ->
          Optional.of(List.of(inputs.stream().flatMap(List::stream).toList()));
      case Split split when isChannels(split.axis(), rank) -> Optional.of(parts(inputs.getFirst(), sizes));
      case Slice slice -> slice(inputs.getFirst(), rank, constants).map(List::of);
      default -> Optional.empty();
    };
  }

  private static boolean isChannels(long axis, int rank) {
    return axis == CHANNEL_AXIS || axis + rank == CHANNEL_AXIS;
  }

  private static List<List<Source>> parts(List<Source> whole, List<Integer> sizes) {
    List<List<Source>> parts = new ArrayList<>();
    int at = 0;
    for (int size : sizes) {
      parts.add(whole.subList(at, at + size));
      at += size;
    }
    return parts;
  }

  /** A slice of one axis, the channels, with constant bounds. */
  private static Optional<List<Source>> slice(List<Source> whole, int rank, List<Optional<Tensor>> constants) {
    Optional<long[]> starts = integers(constants, 1);
    Optional<long[]> ends = integers(constants, 2);
    Optional<long[]> axes = integers(constants, 3);
    Optional<long[]> steps = constants.size() > 4 ? integers(constants, 4) : Optional.of(new long[] {1});
    if (starts.isEmpty() || ends.isEmpty() || axes.isEmpty() || steps.isEmpty() || axes.get().length != 1
        || !isChannels(axes.get()[0], rank) || steps.get()[0] < 1) {
      return Optional.empty();
    }
    int size = whole.size();
    long end = bound(ends.get()[0], size);
    List<Source> part = new ArrayList<>();
    for (long i = bound(starts.get()[0], size); i < end; i += steps.get()[0]) {
      part.add(whole.get((int) i));
    }
    return Optional.of(part);
  }

  private static long bound(long index, int size) {
    return Math.clamp(index < 0 ? index + size : index, 0, size);
  }

  private static Optional<long[]> integers(List<Optional<Tensor>> constants, int port) {
    return port < constants.size() ? constants.get(port).map(Tensor::toLongs) : Optional.empty();
  }

  /** Whether every output has channels, all of them from activations. */
  boolean isComplete(List<int[]> outputDims) {
    for (int i = 0; i < outputs.size(); i++) {
      if (outputs.get(i).isEmpty() || outputs.get(i).size() != outputDims.get(i)[CHANNEL_AXIS]) {
        return false;
      }
    }
    return true;
  }
}
