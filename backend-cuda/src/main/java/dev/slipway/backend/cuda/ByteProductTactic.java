package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.QuantizedConv;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Products of bytes on tensor cores, with everything that follows them in one kernel: convolutions without groups whose
 * channels lie last, and products with constant matrices.
 */
final class ByteProductTactic extends CudaTactic {
  private static final long MANY_BLOCKS = 264;
  private static final double OPERATIONS_PER_MICRO = 4e8;

  ByteProductTactic(CudaDevice device) {
    super("cuda.byte_product", 2, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<QuantizedGroup> group = QuantizedGroup.of(request);
    if (group.isEmpty()) {
      return Requests.operator(request, "a product of bytes");
    }
    Optional<String> refusal = group.get().refusal(request).or(() -> ByteProduct.refusal(request, group.get()));
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    ByteProduct product = ByteProduct.of(request, group.get());
    return new Support.Supported(
        Requests.movementMicros(request) + product.operations() / OPERATIONS_PER_MICRO);
  }

  /** Tiles that are not much larger than the product; many blocks first. */
  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    ByteProduct product = ByteProduct.of(request, QuantizedGroup.of(request).orElseThrow());
    List<TuningChoice> choices = new ArrayList<>();
    List<TuningChoice> few = new ArrayList<>();
    for (ByteTile tile : ByteTile.all(device.hasWarpgroups())) {
      boolean fits = tile.columns() < 2 * Math.max(product.channels(), 16)
          && tile.rows() < 2 * Math.max(product.pixels(), 32)
          && tile.depth() < 2 * Math.max(product.depth(), 64);
      if (fits) {
        boolean hasMany = tile.blocks(product.pixels(), ByteConstants.rows(product.channels())) >= MANY_BLOCKS;
        (hasMany ? choices : few).add(tile.choice());
      }
    }
    choices.addAll(few.reversed());
    return choices;
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    QuantizedGroup group = QuantizedGroup.of(request).orElseThrow();
    ByteProduct product = ByteProduct.of(request, group);
    ByteEpilogue epilogue = ByteEpilogue.of(request, group);
    ByteTile tile = ByteTile.of(choice);
    KernelCompiler.Source source = new ByteTileSource(tile, product.window().isPresent(), epilogue).write();
    ByteConstants packing = new ByteConstants(request, group);
    boolean isConv = group.anchor() instanceof QuantizedConv;
    List<Launch.Parameter> parameters = new ArrayList<>();
    parameters.add(new Launch.Parameter.Input(group.port(0)));
    parameters.addAll(packing.pack(
        constants, epilogue.factor(), isConv ? "byte-windows" : "byte-columns", product.weightBytes(),
        isConv ? packing::packWindows : packing::packColumns));
    product.window().ifPresent(window -> {
      parameters.add(packing.padding(constants));
      window.numbers().forEach(number -> parameters.add(new Launch.Parameter.Number(number)));
    });
    for (long size : new long[] {product.pixels(), product.channels(), product.valid(), product.depth()}) {
      parameters.add(new Launch.Parameter.Number(size));
    }
    parameters.addAll(epilogue.arguments());
    Grid grid = Grid.blocks(tile.blocks(product.pixels(), ByteConstants.rows(product.channels())), tile.threads());
    Launch launch = new Launch(device.function(source), grid, source.sharedBytes(), parameters);
    return new GeneratedKernel(device, List.of(launch), 0, new HashSet<>(group.constantPorts()));
  }
}
