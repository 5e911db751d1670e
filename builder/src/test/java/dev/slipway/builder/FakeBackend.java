package dev.slipway.builder;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Device;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Op;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/** A backend whose kernels do nothing but let a fake time pass. */
final class FakeBackend implements Backend {
  private final FakeTime time;
  private final List<Tactic> tactics = new ArrayList<>();
  private Predicate<Op> blocked = op -> false;
  private int built;

  FakeBackend(FakeTime time) {
    this.time = time;
  }

  /** Adds a tactic for all requests with two choices, {@code tile=1} and {@code tile=2}. */
  FakeBackend with(String name, double predictedMicros, long nanosOfFirst, long nanosOfSecond) {
    return with(
        name, request -> true, predictedMicros, choice -> choice.get("tile") == 1 ? nanosOfFirst : nanosOfSecond);
  }

  FakeBackend with(
      String name, Predicate<KernelRequest> supported, double predictedMicros, ToLongFunction<TuningChoice> nanos) {
    tactics.add(new FakeTactic(new TacticId(name, 1), supported, predictedMicros, nanos, 1));
    return this;
  }

  /** Adds a tactic that has to be so many times as fast as others. */
  FakeBackend withHandicap(String name, double handicap, double predictedMicros, long nanos) {
    tactics.add(new FakeTactic(new TacticId(name, 1), request -> true, predictedMicros, choice -> nanos, handicap));
    return this;
  }

  /** Lets it like some operators best in blocks of 16 channels. */
  FakeBackend preferringBlocks(Predicate<Op> operators) {
    blocked = operators;
    return this;
  }

  @Override
  public Optional<Layout> preferredLayout(Op op, List<TensorType> in, List<TensorType> out) {
    return blocked.test(op) ? Optional.of(new Layout.Blocked(16)) : Optional.empty();
  }

  /** Kernels that were made. */
  int built() {
    return built;
  }

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public Device device() {
    return new Device("fake", 0, "a device of tests", "fake 1");
  }

  @Override
  public List<Tactic> tactics() {
    return tactics;
  }

  @Override
  public void close() {}

  private final class FakeTactic implements Tactic {
    private final TacticId id;
    private final Predicate<KernelRequest> supported;
    private final double predictedMicros;
    private final ToLongFunction<TuningChoice> nanos;
    private final double handicap;

    FakeTactic(
        TacticId id,
        Predicate<KernelRequest> supported,
        double predictedMicros,
        ToLongFunction<TuningChoice> nanos,
        double handicap) {
      this.id = id;
      this.supported = supported;
      this.predictedMicros = predictedMicros;
      this.nanos = nanos;
      this.handicap = handicap;
    }

    @Override
    public TacticId id() {
      return id;
    }

    @Override
    public Support supports(KernelRequest request) {
      return supported.test(request)
          ? new Support.Supported(predictedMicros)
          : new Support.Unsupported("not what it is for");
    }

    @Override
    public List<TuningChoice> choices(KernelRequest request) {
      return List.of(TuningChoice.of(Map.of("tile", 1)), TuningChoice.of(Map.of("tile", 2)));
    }

    @Override
    public double handicap() {
      return handicap;
    }

    @Override
    public boolean warmsUp() {
      return false;
    }

    @Override
    public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
      built++;
      long duration = nanos.applyAsLong(choice);
      return arguments -> time.pass(duration);
    }
  }
}
