package dev.slipway.cli;

import dev.slipway.backend.Backend;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.Plan;
import dev.slipway.backend.PlanFile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.BuildResult;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.runtime.Engine;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.ValueType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code slipway build}. */
@Command(
    name = "build",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Builds a plan: an engine tuned for this machine, as a file.",
    footer = {
      "",
      "Example: slipway build model.onnx -o model.plan --min-shapes x:1x3x224x224 --opt-shapes x:4x3x224x224"
          + " --max-shapes x:8x3x224x224"
    })
final class Build implements Callable<Integer> {
  @Mixin private ModelArgument model;

  @Option(
      names = {"-o", "--output", "--save-engine", "--saveEngine"},
      paramLabel = "FILE",
      description = "The plan to write (default: the model's name with .plan in the current folder).")
  private Optional<Path> output = Optional.empty();

  @Mixin private PictureOptions pictures;
  @Mixin private PrecisionOption precision;
  @Mixin private RangeSamples samples;
  @Mixin private ProfileOptions shapes;
  @Mixin private BuildTuning tuning;

  @Option(
      names = "--memory-limit",
      paramLabel = "BYTES",
      description = "Refuse a plan whose weights and largest workspace take more, for example 512M.")
  private Optional<String> memoryLimit = Optional.empty();

  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    common.target().prepare();
    Terminal terminal = common.terminal();
    BuildOptions.Precision wanted = precision.value();
    long limit = memoryLimit.map(text -> Quantity.parseBytes("--memory-limit", text)).orElse(Long.MAX_VALUE);
    ModelFile file = model.file().requireOnnx("slipway build");
    Path target = OutputFile.requireWritable("--output", output.orElseGet(() -> defaultOutput(file.path())));
    long start = System.nanoTime();
    Supplier<String> digest = file.digestMeanwhile();
    Graph graph = pictures.prepend(file.graph());
    terminal.note("read " + file.path() + ": " + graph.nodes().size() + " nodes");
    BuildOptions options = tuning.options()
        .withProfiles(shapes.profiles(inputs(graph), terminal))
        .withPrecision(wanted)
        .withSamples(samples.of(graph))
        .withModelDigest(digest.get());
    requireWithin(limit, weightBytes(graph), "weights");
    try (Backend backend = common.target().open(); Progress progress = terminal.progress()) {
      BuildResult result = new Builder(backend, options.withProgress(progress)).build(graph);
      try (Engine engine = Engine.of(result.plan(), backend)) {
        long workspace = workspaceBytes(engine);
        requireWithin(limit, Math.addExact(engine.weightBytes(), workspace), "weights and workspace");
        progress.accept("writing " + target);
        PlanFile.write(result.plan(), target);
        report(terminal, target, result, engine, workspace, (System.nanoTime() - start) / 1e9);
      }
    }
    return ExitStatus.DONE;
  }

  private static Path defaultOutput(Path model) {
    String name = model.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return Path.of((dot > 0 ? name.substring(0, dot) : name) + ".plan");
  }

  private static Map<String, ValueType> inputs(Graph graph) {
    Map<String, ValueType> inputs = new LinkedHashMap<>();
    graph.inputs().forEach(id -> inputs.put(graph.value(id).name(), graph.type(id)));
    return inputs;
  }

  private static long weightBytes(Graph graph) {
    return graph.constants().values().stream().mapToLong(tensor -> tensor.type().bytes()).sum();
  }

  private static void requireWithin(long limit, long bytes, String what) {
    if (bytes > limit) {
      throw new SlipwayException("--memory-limit: " + what + " take " + bytes + " bytes (expected: at most " + limit
          + "; raise the limit, or give smaller --max-shapes)");
    }
  }

  /** What one context needs at the largest shapes of any profile. */
  private static long workspaceBytes(Engine engine) {
    List<OptimizationProfile> profiles = engine.manifest().profiles();
    return profiles.isEmpty()
        ? engine.contextBytes(Map.of())
        : profiles.stream().mapToLong(profile -> engine.contextBytes(profile.maxShapes())).max().orElseThrow();
  }

  private static void report(
      Terminal terminal, Path target, BuildResult result, Engine engine, long workspace, double seconds) {
    Plan.Tuned tuned = result.plan().tuned().orElseThrow();
    int kernels = tuned.graph().nodes().size();
    terminal.print("built " + target + " for " + tuned.device() + " in " + Quantity.seconds(seconds));
    terminal.print("  nodes      " + result.nodesBefore() + " -> " + result.nodesAfter() + " simplified -> " + kernels
        + " steps, " + tuned.choices().size() + " of them with a tactic");
    result.leftInFloat32().forEach((node, reason) -> terminal.print("  float32    " + node + ": " + reason));
    terminal.print("  weights    " + Quantity.bytes((double) engine.weightBytes()));
    terminal.print("  workspace  " + Quantity.bytes((double) workspace) + " for each context");
    terminal.print("  plan       " + Quantity.bytes((double) size(target)));
    for (OptimizationProfile profile : result.plan().manifest().profiles()) {
      profile.ranges().forEach((name, range) -> terminal.print("  profile    " + name + " " + range + ", tuned at "
          + Shape.text(range.opt())));
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("plan", target.toString());
    json.put("backend", engine.backend().name());
    json.put("device", tuned.device());
    json.put("precision", result.plan().manifest().precision());
    json.put("modelDigest", result.plan().manifest().modelDigest());
    json.put("nodesBefore", result.nodesBefore());
    json.put("nodesAfter", result.nodesAfter());
    json.put("kernels", kernels);
    json.put("tactics", tuned.choices().size());
    json.put("leftInFloat32", result.leftInFloat32());
    json.put("buildSeconds", seconds);
    json.put("weightBytes", engine.weightBytes());
    json.put("workspaceBytes", workspace);
    json.put("planBytes", size(target));
    terminal.json(json);
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new SlipwayException(file + ": cannot be read: " + FileFailure.reason(e), e);
    }
  }
}
