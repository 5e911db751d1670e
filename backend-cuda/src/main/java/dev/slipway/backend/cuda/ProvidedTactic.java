package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.CudaRequest;
import dev.slipway.operators.CudaSource;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Operators of plug-ins, by their own sources. */
final class ProvidedTactic extends CudaTactic {
  private static final String VARIANT = "variant";

  ProvidedTactic(CudaDevice device) {
    super("cuda.provided", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    if (Operators.provider(request.op().schema()).isEmpty()) {
      return Requests.operator(request, "one of a kernel provider");
    }
    Optional<String> refusal = Requests.notContiguous(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    return sources(request).isEmpty()
        ? Requests.unsupported("no source in CUDA C++ for these types")
        : new Support.Supported(Requests.movementMicros(request));
  }

  private static List<CudaSource> sources(KernelRequest request) {
    CudaRequest wanted = new CudaRequest(
        request.op(), request.inputs().stream().map(KernelRequest.Argument::type).toList(), request.outputs());
    return Operators.provider(request.op().schema()).map(provider -> provider.cuda(wanted)).orElse(List.of());
  }

  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    return IntStream.range(0, sources(request).size())
        .mapToObj(variant -> TuningChoice.of(Map.of(VARIANT, variant)))
        .toList();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    List<CudaSource> sources = sources(request);
    int variant = choice.get(VARIANT);
    String operator = request.op().schema().qualifiedName();
    if (variant < 0 || variant >= sources.size()) {
      throw new SlipwayException("operator " + operator + ": variant " + variant + " of the plan (expected: below "
          + sources.size() + ", those of the kernel provider that is installed; build the plan again)");
    }
    CudaSource source = sources.get(variant);
    try {
      return new GeneratedKernel(device, launches(request, source), source.workspaceBytes(), Set.of());
    } catch (CudaException e) {
      throw new SlipwayException("operator " + operator + ", source " + source.name() + ": " + e.getMessage(), e);
    }
  }

  private List<Launch> launches(KernelRequest request, CudaSource source) {
    List<Launch.Parameter> parameters = new ArrayList<>();
    for (int port = 0; port < request.inputs().size(); port++) {
      parameters.add(request.has(port) ? new Launch.Parameter.Input(port) : new Launch.Parameter.Number(0));
    }
    for (int port = 0; port < request.outputs().size(); port++) {
      parameters.add(new Launch.Parameter.Output(port));
    }
    if (source.workspaceBytes() > 0) {
      parameters.add(new Launch.Parameter.Workspace(0));
    }
    source.numbers().forEach(number -> parameters.add(new Launch.Parameter.Number(number)));
    List<Launch> launches = new ArrayList<>();
    for (CudaSource.Launch launch : source.launches()) {
      long function =
          device.function(new KernelCompiler.Source(launch.kernel(), source.text(), false, launch.sharedBytes()));
      Grid grid = grid(function, launch.geometry(), launch.sharedBytes());
      launches.add(new Launch(function, grid, launch.sharedBytes(), parameters));
    }
    return launches;
  }

  private Grid grid(long function, CudaSource.Geometry geometry, int sharedBytes) {
    return switch (geometry) {
      case CudaSource.Geometry.Occupying(long items) -> device.occupying(function, sharedBytes, items);
      case CudaSource.Geometry.Blocks(var blocks, var threads) ->
          new Grid(blocks.x(), blocks.y(), blocks.z(), threads.x(), threads.y(), threads.z());
    };
  }
}
