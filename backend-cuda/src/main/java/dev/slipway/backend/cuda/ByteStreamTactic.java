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
 * Products of bytes whose weights stay in the memory of a block while activations stream past them: many pixels, few
 * weights. What follows the product is in the same kernel.
 */
final class ByteStreamTactic extends CudaTactic {
  private static final double OPERATIONS_PER_MICRO = 8e8;
  /** Of weights, which each block loads before it starts. */
  private static final double BYTES_PER_MICRO = 3e4;

  ByteStreamTactic(CudaDevice device) {
    super("cuda.byte_stream", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<QuantizedGroup> group = QuantizedGroup.of(request);
    if (group.isEmpty()) {
      return Requests.operator(request, "a product of bytes");
    }
    Optional<String> refusal = group.get().refusal(request)
        .or(() -> ByteProduct.refusal(request, group.get()))
        .or(() -> refusal(request, group.get()));
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    ByteStreamSource first = sources(request, group.get()).getFirst();
    return new Support.Supported(Requests.movementMicros(request) + first.weightBytes() / BYTES_PER_MICRO
        + first.product().operations() / OPERATIONS_PER_MICRO);
  }

  private Optional<String> refusal(KernelRequest request, QuantizedGroup group) {
    if (!device.hasWarpgroups()) {
      return Optional.of("device " + request.device() + " (expected: one with warpgroups)");
    }
    if (group.rounding().isEmpty()) {
      return Optional.of("output " + request.output() + " (expected: bytes)");
    }
    Optional<ByteProduct.Window> window = ByteProduct.of(request, group).window();
    if (window.filter(own -> own.dilationY() * own.dilationX() > 1).isPresent()) {
      return Optional.of("a dilated window (expected: none)");
    }
    return sources(request, group).isEmpty()
        ? Optional.of("weights " + request.input(group.port(QuantizedGroup.WEIGHTS))
            + " (expected: those of some channels fit into a block's memory)")
        : Optional.empty();
  }

  private static List<ByteStreamSource> sources(KernelRequest request, QuantizedGroup group) {
    ByteProduct product = ByteProduct.of(request, group);
    ByteEpilogue epilogue = ByteEpilogue.of(request, group);
    return ByteStreamTile.all(product.stored(), product.taps(), product.channels()).stream()
        .map(tile -> new ByteStreamSource(tile, product, epilogue))
        .filter(ByteStreamSource::fits)
        .toList();
  }

  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    return sources(request, QuantizedGroup.of(request).orElseThrow()).stream()
        .map(source -> source.tile().choice())
        .toList();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    QuantizedGroup group = QuantizedGroup.of(request).orElseThrow();
    ByteProduct product = ByteProduct.of(request, group);
    ByteEpilogue epilogue = ByteEpilogue.of(request, group);
    ByteStreamSource source = new ByteStreamSource(ByteStreamTile.of(choice), product, epilogue);
    ByteConstants packing = new ByteConstants(request, group);
    boolean isConv = group.anchor() instanceof QuantizedConv;
    List<Launch.Parameter> parameters = new ArrayList<>();
    parameters.add(new Launch.Parameter.Input(group.port(0)));
    parameters.addAll(packing.pack(
        constants, epilogue.factor(), isConv ? "byte-windows" : "byte-columns", product.weightBytes(),
        isConv ? packing::packWindows : packing::packColumns));
    parameters.add(packing.padding(constants));
    for (long size : new long[] {product.pixels(), product.channels(), product.valid()}) {
      parameters.add(new Launch.Parameter.Number(size));
    }
    parameters.addAll(epilogue.arguments());
    KernelCompiler.Source text = source.write();
    Launch launch = new Launch(
        device.function(text), source.grid(device.multiprocessors()), text.sharedBytes(), parameters);
    return new GeneratedKernel(device, List.of(launch), 0, new HashSet<>(group.constantPorts()));
  }
}
