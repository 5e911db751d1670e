package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Joins, splits and slices channels of blocked activations, whatever the counts: each vector of an output is put
 * together from lanes of the vectors that have its channels.
 */
final class ChannelGatherTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.channel_gather_f32", 1);
  private static final double NANOS_PER_VECTOR = 1.5;

  /** Pixels whose vectors stay in the first-level cache from one part of a block to the next. */
  private static final int CACHED_PIXELS = 256;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  ChannelGatherTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    List<TensorType> activations = activations(request);
    for (TensorType type : activations) {
      if (type.shape().rank() < 3 || !Requests.isBlocked(type) || type.dtype().bits() != Float.SIZE) {
        return Requests.unsupported(type + " (expected: 32-bit elements in layout " + Requests.BLOCKED + ")");
      }
      if (Requests.elements(type) == 0 || !isLikeButForChannels(type, request.output())) {
        return Requests.unsupported(type + " (expected: not empty, and " + request.output() + " but for the channels)");
      }
    }
    Optional<ChannelMap> map = ChannelMap.of(request);
    if (map.isEmpty() || !map.get().isComplete(request.outputs().stream().map(Requests::dims).toList())) {
      return Requests.unsupported("not only channels that are joined, split or sliced");
    }
    double vectors = request.outputs().stream().mapToDouble(Requests::elements).sum() / Memory.LANES;
    return new Support.Supported(1 + 2 * vectors * NANOS_PER_VECTOR / 1000 / pool.threads());
  }

  private static List<TensorType> activations(KernelRequest request) {
    List<TensorType> types = new ArrayList<>(request.outputs());
    for (int i = 0; i < request.inputs().size(); i++) {
      if (request.has(i) && request.constant(i).isEmpty()) {
        types.add(request.input(i));
      }
    }
    return types;
  }

  private static boolean isLikeButForChannels(TensorType one, TensorType other) {
    long[] a = one.shape().known().clone();
    long[] b = other.shape().known().clone();
    a[1] = 0;
    b[1] = 0;
    return Arrays.equals(a, b);
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    ChannelMap map = ChannelMap.of(request).orElseThrow();
    List<Block> blocks = new ArrayList<>();
    for (int output = 0; output < map.outputs().size(); output++) {
      List<ChannelMap.Source> channels = map.outputs().get(output);
      int count = Math.ceilDiv(channels.size(), Memory.LANES);
      for (int i = 0; i < count; i++) {
        int first = i * Memory.LANES;
        int end = Math.min(first + Memory.LANES, channels.size());
        blocks.add(new Block(output, i, count, parts(request, channels.subList(first, end))));
      }
    }
    int[] dims = Requests.dims(request.output());
    Gather gather = new Gather(dims[0], Arrays.stream(dims, 2, dims.length).reduce(1, Math::multiplyExact), blocks);
    return arguments -> gather.run(pool, arguments);
  }

  private record SourceBlock(int input, int block) {}

  private List<Part> parts(KernelRequest request, List<ChannelMap.Source> channels) {
    Map<SourceBlock, int[]> lanes = new LinkedHashMap<>();
    for (int lane = 0; lane < channels.size(); lane++) {
      ChannelMap.Source source = channels.get(lane);
      SourceBlock block = new SourceBlock(source.input(), source.channel() / Memory.LANES);
      int[] from = lanes.computeIfAbsent(block, key -> {
        int[] none = new int[Memory.LANES];
        Arrays.fill(none, LaneMove.NOT_TAKEN);
        return none;
      });
      from[lane] = source.channel() % Memory.LANES;
    }
    List<Part> parts = new ArrayList<>();
    lanes.forEach((source, from) -> parts.add(part(request, source, from)));
    return parts;
  }

  private Part part(KernelRequest request, SourceBlock source, int[] from) {
    int channels = Requests.dims(request.input(source.input()))[1];
    boolean whole = true;
    for (int i = 0; i < from.length; i++) {
      whole &= from[i] == i;
    }
    return new Part(
        source.input(), source.block(), Math.ceilDiv(channels, Memory.LANES), whole, kernels.laneMove(from));
  }

  /**
   * What one block of an output takes from one block of an input.
   *
   * @param blocks of the input, of each image
   * @param whole whether it is the block as it is
   */
  private record Part(int input, int block, int blocks, boolean whole, LaneMove lanes) {
    void run(long from, long to, int pixels, boolean isFirst) {
      if (whole) {
        Memory.copy(from, to, (long) pixels * Memory.VECTOR_BYTES);
      } else if (isFirst) {
        lanes.place(from, to, pixels);
      } else {
        lanes.merge(from, to, pixels);
      }
    }
  }

  /**
   * A block of an output.
   *
   * @param index among the output's {@code count} of each image
   */
  private record Block(int output, int index, int count, List<Part> parts) {}

  /** All blocks of all outputs. */
  private record Gather(int batch, int spatial, List<Block> blocks) {
    void run(WorkerPool pool, KernelArguments arguments) {
      int wanted = Chunks.wanted((double) batch * blocks.size() * spatial * NANOS_PER_VECTOR, pool.threads());
      int firstParts = ImageUnits.firstParts(spatial, pool.threads());
      ImageUnits units = ImageUnits.of(batch, firstParts, wanted, 1, spatial, blocks.size());
      pool.run(units.count(), (unit, _) -> {
        int end = units.endPixel(unit, spatial);
        for (int i = units.firstChannel(unit, blocks.size()); i < units.endChannel(unit, blocks.size()); i++) {
          for (int pixel = units.firstPixel(unit, spatial); pixel < end; pixel += CACHED_PIXELS) {
            block(arguments, units.image(unit), blocks.get(i), pixel, Math.min(CACHED_PIXELS, end - pixel));
          }
        }
      });
    }

    private void block(KernelArguments arguments, int image, Block block, int pixel, int pixels) {
      long to = arguments.output(block.output).address() + vectors((long) image * block.count + block.index, pixel);
      List<Part> parts = block.parts;
      for (int i = 0; i < parts.size(); i++) {
        Part part = parts.get(i);
        long from = arguments.input(part.input).address() + vectors((long) image * part.blocks + part.block, pixel);
        part.run(from, to, pixels, i == 0);
      }
    }

    private long vectors(long plane, int pixel) {
      return (plane * spatial + pixel) * Memory.VECTOR_BYTES;
    }
  }
}
