package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Attention that keeps scores on the chip, and reads queries, keys and values where a Split would take them from. On
 * float16 tensor cores multiply tiles of queries and keys, with the softmax carried along (Dao et al., arXiv 2205.14135);
 * else a warp has all scores of one query.
 */
final class AttentionTactic extends CudaTactic {
  private static final String QUERY_WARPS = "query_warps";
  private static final String KEY_WARPS = "key_warps";
  private static final String KEYS = "keys";

  /** Scores of so many keys fit into the memory of a block. */
  private static final long MOST_KEYS = 3000;
  /** Blocks that keep a large GPU busy. */
  private static final long MANY_BLOCKS = 256;

  private static final List<AttentionTiles> TILES = List.of(
      new AttentionTiles(4, 1, 64),
      new AttentionTiles(8, 1, 128),
      new AttentionTiles(4, 1, 128),
      new AttentionTiles(2, 2, 128),
      new AttentionTiles(1, 4, 128),
      new AttentionTiles(1, 4, 64),
      new AttentionTiles(1, 2, 64));

  AttentionTactic(CudaDevice device) {
    super("cuda.attention", 2, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<String> refusal = AttentionShape.refusal(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    AttentionShape shape = AttentionShape.of(request);
    if (!shape.isForTensorCores() && shape.keys() > MOST_KEYS) {
      return Requests.unsupported("keys " + shape.keys() + " (expected: at most " + MOST_KEYS + ")");
    }
    return new Support.Supported(
        Requests.movementMicros(request) + shape.flops() / (shape.isForTensorCores() ? 1e8 : 1e6));
  }

  /** Many queries a block where there are enough of them, else several warps for the keys of a few. */
  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    AttentionShape shape = AttentionShape.of(request);
    if (!shape.isForTensorCores()) {
      return List.of(TuningChoice.NONE);
    }
    List<AttentionTiles> fitting = TILES.stream().filter(tiles -> tiles.fit(shape)).toList();
    boolean isSmall = fitting.getFirst().blocks(shape) < MANY_BLOCKS;
    List<TuningChoice> choices = new ArrayList<>();
    for (AttentionTiles tiles : isSmall ? fitting.reversed() : fitting) {
      choices.add(TuningChoice.of(
          Map.of(QUERY_WARPS, tiles.queryWarps(), KEY_WARPS, tiles.keyWarps(), KEYS, tiles.keys())));
    }
    return choices;
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    AttentionShape shape = AttentionShape.of(request);
    AttentionSource source = new AttentionSource(shape);
    boolean isHalf = request.output().dtype().bits() == 16;
    if (!shape.isForTensorCores()) {
      long function = device.function(new KernelCompiler.Source("attention", source.warps(), isHalf));
      return GeneratedKernel.of(device, new Launch(function, source.grid(), 0, shape.parameters()));
    }
    AttentionTiles tiles =
        new AttentionTiles(choice.get(QUERY_WARPS), choice.get(KEY_WARPS), choice.get(KEYS));
    long function = device.function(new KernelCompiler.Source("attention", source.tensorCores(tiles), isHalf));
    Grid grid = Grid.blocks(tiles.blocks(shape), tiles.threads());
    return GeneratedKernel.of(device, new Launch(function, grid, 0, shape.parameters()));
  }
}
