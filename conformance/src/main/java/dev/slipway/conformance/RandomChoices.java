package dev.slipway.conformance;

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
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * A backend that predicts nonsense: which of its tactics, tiles and layouts are taken is decided by a seed instead of a
 * cost model, so that all of them get used. Closing it leaves the backend open.
 */
record RandomChoices(Backend backend, long seed) implements Backend {

  @Override
  public String name() {
    return backend.name();
  }

  @Override
  public Device device() {
    return backend.device();
  }

  @Override
  public List<Tactic> tactics() {
    return backend.tactics().stream().<Tactic>map(tactic -> new Shuffled(tactic, seed)).toList();
  }

  @Override
  public Optional<Layout> preferredLayout(Op op, List<TensorType> in, List<TensorType> out) {
    boolean contiguous = new Random(seed).nextInt(4) == 0;
    return contiguous ? Optional.empty() : backend.preferredLayout(op, in, out);
  }

  @Override
  public Set<String> compositeOperators() {
    return new Random(seed + 1).nextBoolean() ? backend.compositeOperators() : Set.of();
  }

  @Override
  public void close() {}

  private record Shuffled(Tactic tactic, long seed) implements Tactic {
    @Override
    public TacticId id() {
      return tactic.id();
    }

    @Override
    public Support supports(KernelRequest request) {
      return tactic.supports(request) instanceof Support.Unsupported refused
          ? refused
          : new Support.Supported(random(request).nextDouble());
    }

    @Override
    public List<TuningChoice> choices(KernelRequest request) {
      List<TuningChoice> choices = new ArrayList<>(tactic.choices(request));
      Collections.shuffle(choices, random(request));
      return choices;
    }

    /** The same for the same request. */
    private Random random(KernelRequest request) {
      return new Random(seed + Objects.hash(
          tactic.id(), request.op().schema().name(), request.inputTypes().toString(), request.outputs().toString()));
    }

    @Override
    public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
      return tactic.build(request, choice, constants);
    }
  }
}
