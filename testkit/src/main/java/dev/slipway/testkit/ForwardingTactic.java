package dev.slipway.testkit;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import java.util.List;

/** A tactic that does as another does; subclasses say what they do otherwise. */
public class ForwardingTactic implements Tactic {
  protected final Tactic tactic;

  protected ForwardingTactic(Tactic tactic) {
    this.tactic = tactic;
  }

  @Override
  public TacticId id() {
    return tactic.id();
  }

  @Override
  public Support supports(KernelRequest request) {
    return tactic.supports(request);
  }

  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    return tactic.choices(request);
  }

  @Override
  public List<TuningChoice> roundedChoices(KernelRequest request) {
    return tactic.roundedChoices(request);
  }

  @Override
  public boolean warmsUp() {
    return tactic.warmsUp();
  }

  @Override
  public double handicap() {
    return tactic.handicap();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return tactic.build(request, choice, constants);
  }
}
