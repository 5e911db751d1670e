package dev.slipway.builder;

import dev.slipway.backend.Artifacts;
import dev.slipway.backend.Backend;
import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Plan;
import dev.slipway.backend.Tactic;
import dev.slipway.graph.Graph;
import dev.slipway.optimizer.Optimization;
import dev.slipway.optimizer.PassDriver;
import dev.slipway.optimizer.Pipelines;
import dev.slipway.optimizer.Refusal;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Builds plans: simplifies and lowers the graph, groups nodes into kernels, assigns layouts, chooses tactics, and packs
 * weights. A builder serves one backend and may be used by one thread at a time.
 */
public final class Builder {
  private final Backend backend;
  private final BuildOptions options;
  private final Supplier<TimingCache> cache;
  private final boolean integers;

  public Builder(Backend backend, BuildOptions options) {
    this(
        backend,
        options,
        () -> TimingCache.open(options.timingCache(), backend.device(), options.progress()),
        hasIntegers(backend));
  }

  /** @param integers whether what is quantised computes on integers */
  private Builder(Backend backend, BuildOptions options, Supplier<TimingCache> cache, boolean integers) {
    this.backend = backend;
    this.options = options;
    this.cache = cache;
    this.integers = integers;
  }

  /**
   * Builds a plan.
   *
   * @throws SlipwayException where a profile does not fit the graph, or the backend does not have the precision
   */
  public BuildResult build(Graph model) {
    requirePrecision();
    Reasons reasons = new Reasons();
    Graph bound = bind(model);
    Graph portable = lower(bound, reasons);
    options.progress().accept("simplified: " + model.nodes().size() + " nodes to " + portable.nodes().size());
    List<LayerTiming> timings = new ArrayList<>();
    TimingCache times = cache.get();
    Plan.Tuned tuned = options.precision() == BuildOptions.Precision.BEST && QuantizedIslands.of(portable).isEmpty()
        && hasHalves()
        ? fastestFloats(portable, times, reasons, timings)
        : tune(quantizedAsFast(portable, times, reasons), times, reasons, timings);
    Plan plan = new Plan(manifest(model), () -> portable, Optional.of(tuned));
    return new BuildResult(plan, model.nodes().size(), portable.nodes().size(), reasons.byNode(), timings);
  }

  private Plan.Manifest manifest(Graph model) {
    return new Plan.Manifest(
        model.name(), options.modelDigest(), options.precision().toString(), options.profiles(), model.metadata());
  }

  private void requirePrecision() {
    BuildOptions.Precision precision = options.precision();
    if (!has(backend, precision)) {
      throw new SlipwayException("precision: " + precision + " on backend " + backend.name() + " (expected: fp32, or "
          + (precision == BuildOptions.Precision.BEST
              ? "a backend with integer kernels, as cpu)"
              : "a backend that computes in it, as cuda)"));
    }
    if (precision == BuildOptions.Precision.BEST && options.tuning() == BuildOptions.Tuning.OFF) {
      throw new SlipwayException("precision: best with tuning off (expected: fast or full, because it is measured)");
    }
  }

  private boolean hasHalves() {
    return backend.floatTypes().contains(DType.FLOAT16);
  }

  /** Whether a backend computes in a precision. */
  public static boolean has(Backend backend, BuildOptions.Precision precision) {
    return switch (precision) {
      case FP32 -> true;
      case TF32 -> backend.hasTensorFloat32();
      case FP16 -> backend.floatTypes().contains(DType.FLOAT16);
      case BF16 -> backend.floatTypes().contains(DType.BFLOAT16);
      case BEST -> hasIntegers(backend) || backend.floatTypes().contains(DType.FLOAT16);
    };
  }

  private static boolean hasIntegers(Backend backend) {
    return backend.compositeOperators().contains("slipway.QuantizedConv");
  }

  /** Whichever precision of floats is measured to be the fastest for the whole model. */
  private Plan.Tuned fastestFloats(Graph portable, TimingCache times, Reasons reasons, List<LayerTiming> timings) {
    List<BuildOptions.Precision> precisions =
        List.of(BuildOptions.Precision.FP16, BuildOptions.Precision.BF16, BuildOptions.Precision.TF32);
    List<Plan> plans = new ArrayList<>();
    for (BuildOptions.Precision precision : precisions) {
      Builder own = new Builder(backend, options.withPrecision(precision), () -> times, integers);
      Plan.Tuned tuned = own.tune(portable, times, reasons, timings);
      plans.add(new Plan(manifest(portable), () -> portable, Optional.of(tuned)));
    }
    double[] micros = new PlanTimer(backend, effort()).thorough().micros(plans, optShapes());
    int best = 0;
    StringJoiner text = new StringJoiner(", ", "precision: ", "");
    for (int i = 0; i < micros.length; i++) {
      best = micros[i] < micros[best] ? i : best;
      text.add(String.format(Locale.ROOT, "%s %.1f us", precisions.get(i), micros[i]));
    }
    options.progress().accept(text + "; " + precisions.get(best) + " is taken");
    return plans.get(best).tuned().orElseThrow();
  }

  /** Of a quantised graph what is faster in float32 is so, where that is asked for. */
  private Graph quantizedAsFast(Graph portable, TimingCache times, Reasons reasons) {
    return options.precision() == BuildOptions.Precision.BEST ? fastest(portable, times, reasons) : portable;
  }

  /** The graph with those parts in float32 that are faster so. */
  private Graph fastest(Graph portable, TimingCache times, Reasons reasons) {
    BuildOptions parts =
        options.withPrecision(BuildOptions.Precision.FP32).withProgress(line -> {});
    PrecisionSearch.Plans plans = (graph, onIntegers) -> {
      boolean isStatic = graph.inputs().stream().allMatch(id -> graph.shape(id).isKnown());
      BuildOptions each = isStatic ? parts.withProfiles(List.of()) : parts;
      return new Builder(backend, each, () -> times, onIntegers).build(graph).plan();
    };
    return new PrecisionSearch(portable, optShapes(), backend, plans, effort(), reasons, options.progress()).fastest();
  }

  /** Dimensions that all profiles fix to one size are as good as static. */
  private Graph bind(Graph model) {
    if (options.profiles().isEmpty()) {
      return model;
    }
    Map<String, Shape> fixed = new LinkedHashMap<>();
    for (String input : options.profiles().getFirst().ranges().keySet()) {
      fixed.put(input, fixedShape(model, input));
    }
    Graph bound = model.withInputShapes(fixed);
    for (OptimizationProfile profile : options.profiles()) {
      ShapesAtOpt.check(bound, profile.optShapes());
    }
    return bound;
  }

  private Shape fixedShape(Graph model, String input) {
    TensorType declared = model.input(input)
        .map(model::tensorType)
        .orElseThrow(() -> new SlipwayException("profile: input " + input + " (expected: one of "
            + model.inputs().stream().map(id -> model.value(id).name()).toList() + ")"));
    List<OptimizationProfile.Range> ranges = new ArrayList<>();
    for (OptimizationProfile profile : options.profiles()) {
      OptimizationProfile.Range range = profile.ranges().get(input);
      if (range == null) {
        throw new SlipwayException("profile: no range for input " + input + " (expected: one in every profile)");
      }
      checkRange(input, declared, range);
      ranges.add(range);
    }
    List<Dim> dims = new ArrayList<>();
    for (int i = 0; i < ranges.getFirst().opt().length; i++) {
      int axis = i;
      long size = ranges.getFirst().min()[axis];
      boolean isFixed = ranges.stream().allMatch(range -> range.min()[axis] == size && range.max()[axis] == size);
      Dim own = declared.shape().ranked() ? declared.shape().dim(axis) : Dim.symbol(input + "_" + axis);
      dims.add(isFixed ? Dim.of(size) : own);
    }
    return Shape.of(dims);
  }

  private static void checkRange(String input, TensorType declared, OptimizationProfile.Range range) {
    Shape shape = declared.shape();
    if (shape.ranked() && shape.rank() != range.opt().length) {
      throw new SlipwayException("profile of input " + input + ": " + range + " (expected: rank " + shape.rank()
          + ", as " + declared + " has)");
    }
    for (int i = 0; shape.ranked() && i < shape.rank(); i++) {
      if (shape.dim(i) instanceof Dim.Known(long size) && (range.min()[i] != size || range.max()[i] != size)) {
        throw new SlipwayException("profile of input " + input + ": " + range + " (expected: " + size
            + " at axis " + i + ", which " + declared + " fixes)");
      }
    }
  }

  private Graph lower(Graph graph, Reasons reasons) {
    boolean attention = backend.compositeOperators().contains("Attention");
    Optimization lowered =
        new PassDriver().run(attention ? Pipelines.lowerWithAttention() : Pipelines.lower(), graph);
    for (Refusal refusal : lowered.refusals()) {
      reasons.add(refusal.node(), refusal.pass() + ": " + refusal.reason());
    }
    return lowered.graph();
  }

  private Map<String, Shape> optShapes() {
    return options.profiles().isEmpty() ? Map.of() : options.profiles().getFirst().optShapes();
  }

  private Plan.Tuned tune(Graph portable, TimingCache cache, Reasons reasons, List<LayerTiming> timings) {
    Map<String, Shape> opt = optShapes();
    Graph legal = legalize(portable, reasons);
    Graph grouped = KernelGrouping.group(legal, backend, ShapesAtOpt.of(legal, opt), reasons);
    try (MachineTime time = new MachineTime()) {
      KernelTimer timer = new KernelTimer(new InterleavedTimer(time, effort()), backend::newQueue);
      Set<String> contiguous = contiguous(grouped, cache, timer);
      Graph laidOut =
          LayoutAssignment.assign(grouped, backend, ShapesAtOpt.of(grouped, opt), reasons, contiguous);
      options.progress().accept(
          "fused: " + portable.nodes().size() + " nodes to " + laidOut.nodes().size() + " kernels");
      ShapesAtOpt shapes = ShapesAtOpt.of(laidOut, opt);
      boolean rounded = options.precision() == BuildOptions.Precision.TF32;
      TacticSelection selection = new TacticSelection(backend, options.tuning(), rounded, cache, timer, reasons);
      Map<String, Plan.Choice> choices = selection.select(laidOut, shapes, layerCount(laidOut));
      timings.addAll(selection.timings());
      cache.save();
      return packed(laidOut, shapes, choices);
    }
  }

  private ValueRanges ranges(Graph portable) {
    if (options.samples().isEmpty()) {
      return ValueRanges.UNKNOWN;
    }
    List<Map<String, Tensor>> fitting =
        options.samples().stream().filter(sample -> ValueRanges.fits(portable, sample)).toList();
    if (fitting.isEmpty()) {
      throw new SlipwayException("samples: none of " + options.samples().size() + " has the shapes of the inputs "
          + portable.inputs().stream().map(id -> portable.value(id).name() + ": " + portable.type(id)).toList()
          + " (expected: one at least, to know ranges)");
    }
    options.progress().accept("ranges: of " + fitting.size() + " samples, in float32"
        + (fitting.size() < options.samples().size() ? "; the others have other shapes" : ""));
    ValueRanges ranges = ValueRanges.of(portable, backend, fitting);
    List<String> wide = ranges.overflowing(portable, HalfNarrowing.LARGEST_FLOAT16);
    options.progress().accept("ranges: " + (wide.isEmpty()
        ? "every value fits float16"
        : wide.size() + " nodes stay float32, where float16 could overflow: " + String.join(", ", wide)));
    return ranges;
  }

  /** Builds every kernel once, to have its packed constants and what was made for it. */
  private Plan.Tuned packed(Graph graph, ShapesAtOpt shapes, Map<String, Plan.Choice> choices) {
    try (Artifacts.Recording recording = backend.artifacts().orElseGet(Artifacts::new).record()) {
      Map<String, MemorySegment> packed = pack(graph, shapes, choices);
      return new Plan.Tuned(
          backend.device().fingerprint(), backend.device().description(), graph, choices, packed, recording.used());
    }
  }

  private InterleavedTimer.Effort effort() {
    return options.tuning() == BuildOptions.Tuning.FULL ? InterleavedTimer.Effort.FULL : InterleavedTimer.Effort.FAST;
  }

  /** Nodes that are measured to be faster outside of the blocked layout; full tuning looks for them. */
  private Set<String> contiguous(Graph grouped, TimingCache cache, KernelTimer timer) {
    if (options.tuning() != BuildOptions.Tuning.FULL || !backend.mixesLayouts()) {
      return Set.of();
    }
    TacticSelection selection = new TacticSelection(backend, options.tuning(), cache, timer, new Reasons());
    Consumer<String> progress = options.progress();
    return new LayoutSearch(grouped, backend, optShapes(), selection)
        .contiguous((done, all) -> progress.accept("layouts: " + done + " of " + all + " neighbourhoods"));
  }

  private Runnable layerCount(Graph graph) {
    if (options.tuning() == BuildOptions.Tuning.OFF) {
      return () -> {};
    }
    AtomicInteger done = new AtomicInteger();
    return () -> options.progress().accept(
        "tuning: " + done.incrementAndGet() + " of " + graph.nodes().size() + " layers");
  }

  private Graph legalize(Graph portable, Reasons reasons) {
    if (backend.tactics().isEmpty()) {
      return portable;
    }
    Graph narrow = integers && backend.compositeOperators().contains("slipway.Float8MatMul")
        ? Float8Products.lower(portable, reasons)
        : portable;
    Graph lowered = integers
        ? DynamicProducts.lower(
            QuantizedLowering.lower(QLinearProducts.expand(narrow), reasons),
            backend.compositeOperators().contains("slipway.QuantizeRows"))
        : portable;
    Graph floats = RoundedFloats.legalize(lowered);
    Graph narrowed = switch (options.precision()) {
      case FP32, TF32, BEST -> floats;
      case FP16 -> HalfNarrowing.narrow(floats, DType.FLOAT16, ranges(portable), reasons);
      case BF16 -> HalfNarrowing.narrow(floats, DType.BFLOAT16, ValueRanges.UNKNOWN, reasons);
    };
    return Float32Legalization.legalize(narrowed, backend.floatTypes());
  }

  private Map<String, MemorySegment> pack(Graph graph, ShapesAtOpt shapes, Map<String, Plan.Choice> choices) {
    Map<String, MemorySegment> packed = new ConcurrentSkipListMap<>();
    Arena arena = Arena.ofAuto();
    graph.nodes().parallelStream()
        .filter(node -> choices.containsKey(node.name()))
        .forEach(node -> shapes.request(node, backend.device())
            .ifPresent(request -> pack(node.name(), request, choices.get(node.name()), arena, packed)));
    return packed;
  }

  private void pack(
      String node, KernelRequest request, Plan.Choice choice, Arena arena, Map<String, MemorySegment> packed) {
    try {
      Kernel kernel = tactic(choice).build(request, choice.tuning(), new Packing(node, arena, packed));
      if (kernel.workspaceBytes() < 0) {
        throw new IllegalStateException("kernel of " + node + ": negative workspace");
      }
    } catch (ArithmeticException e) {
      throw new SlipwayException("node " + node + ": " + request.outputs() + " (expected: smaller shapes; a size in "
          + choice.tactic().name() + " overflows)", e);
    }
  }

  /** Keeps what is packed for a node; nothing runs, so that devices need not have it. */
  private record Packing(String node, Arena arena, Map<String, MemorySegment> packed) implements PackedConstants {
    @Override
    public MemorySegment pack(int port, String format, long bytes, Consumer<MemorySegment> pack) {
      MemorySegment form = arena.allocate(Math.max(bytes, 1), Tensor.ALIGNMENT).asSlice(0, bytes);
      pack.accept(form);
      packed.put(Plan.packedKey(node, port, format), form);
      return form;
    }

    @Override
    public DeviceBuffer onDevice(int port, String format, long bytes, Consumer<MemorySegment> pack) {
      pack(port, format, bytes, pack);
      return DeviceBuffer.NONE;
    }
  }

  private Tactic tactic(Plan.Choice choice) {
    return backend.tactics().stream()
        .filter(tactic -> tactic.id().equals(choice.tactic()))
        .findFirst()
        .orElseThrow();
  }
}
