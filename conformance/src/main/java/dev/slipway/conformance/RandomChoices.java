package dev.slipway.conformance;

import dev.slipway.backend.Backend;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Op;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import dev.slipway.testkit.ForwardingBackend;
import dev.slipway.testkit.ForwardingTactic;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * A backend that predicts nonsense: which of its tactics, tiles and layouts are taken is decided by a seed instead of a
 * cost model, so that all of them get used.
 */
final class RandomChoices extends ForwardingBackend {
  private final long seed;

  RandomChoices(Backend backend, long seed) {
    super(backend);
    this.seed = seed;
  }

  @Override
  public List<Tactic> tactics() {
    return backend.tactics().stream().<Tactic>map(Shuffled::new).toList();
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

  private final class Shuffled extends ForwardingTactic {
    Shuffled(Tactic tactic) {
      super(tactic);
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
  }
}
