package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.operators.Pad;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PadTacticTest {
  private static final PadTactic TACTIC = new PadTactic();
  private static final Pad.Mode[] MODES = {Pad.Mode.REFLECT, Pad.Mode.EDGE, Pad.Mode.WRAP};

  @Test
  void agreesWithTheReference() {
    Cases.each(60, (random, arena) -> {
      Tensor x = TacticCheck.floats(
          random, 1 + random.nextInt(3), 1 + random.nextInt(3), 1 + random.nextInt(4), TacticCheck.edge(random));
      long[] pads = new long[8];
      for (int i = 0; i < pads.length; i++) {
        pads[i] = random.nextInt(4);
      }
      TacticCheck.of(new Pad(MODES[random.nextInt(3)])).with(x).withConstant(Tensor.vector(pads)).run(TACTIC, arena);
    });
  }

  @Test
  void someAxes() {
    Cases.each(5, (random, arena) ->
        TacticCheck.of(new Pad(Pad.Mode.REFLECT))
            .with(TacticCheck.floats(random, 2, 3, 64))
            .withConstant(Tensor.vector(0, 9))
            .without()
            .withConstant(Tensor.vector(-1))
            .run(TACTIC, arena));
  }

  @Test
  void refusals() {
    Tensor x = Tensor.allocate(DType.FLOAT32, 4);
    assertThat(TacticCheck.of(new Pad(Pad.Mode.CONSTANT)).with(x).withConstant(Tensor.vector(1, 1)).refusal(TACTIC))
        .isEqualTo("operator Pad (expected: Pad, reflect, edge or wrap)");
    assertThat(TacticCheck.of(new Pad(Pad.Mode.EDGE)).with(x).withConstant(Tensor.vector(-1, 1)).refusal(TACTIC))
        .isEqualTo("pads that remove elements (expected: >= 0)");
    assertThat(TacticCheck.of(new Pad(Pad.Mode.EDGE)).with(x, Tensor.vector(1, 1)).refusal(TACTIC))
        .isEqualTo("pads that are not constant");
  }
}
