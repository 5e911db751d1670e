package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Availability;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Plan;
import dev.slipway.backend.cuda.CudaBackendProvider;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Operators;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.runtime.StepTime;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.vision.Color;
import dev.slipway.vision.Image;
import dev.slipway.vision.ImageStep;
import dev.slipway.vision.Interpolation;
import dev.slipway.vision.Normalization;
import dev.slipway.vision.PixelFormat;
import dev.slipway.vision.PixelOrder;
import dev.slipway.vision.Preprocessing;
import dev.slipway.vision.PreprocessingLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pictures prepared on a GPU have the bits that the CPU gives. */
@Tag("gpu")
class DevicePreprocessingTest {
  private final SplittableRandom random = new SplittableRandom(11);

  @Test
  void agreesWithTheCpu() {
    Availability availability = new CudaBackendProvider().availability();
    assumeTrue(availability instanceof Availability.Usable, availability::toString);
    try (Backend backend = new CudaBackendProvider().open(BackendOptions.withThreads(1))) {
      for (Preprocessing preprocessing : preprocessings()) {
        for (PixelFormat source : PixelFormat.values()) {
          check(preprocessing, source, backend);
        }
      }
    }
  }

  private static List<Preprocessing> preprocessings() {
    List<Preprocessing> all = new ArrayList<>(List.of(
        Preprocessing.to(PixelFormat.GREY),
        Preprocessing.to(PixelFormat.BGR)
            .resizeShortSide(64)
            .centerCrop(56, 48)
            .normalize(Normalization.subtract(104, 117, 123))));
    for (Interpolation by : Interpolation.values()) {
      all.add(Preprocessing.to(PixelFormat.RGB)
          .then(new ImageStep.Resize(70, 45, by))
          .normalize(Normalization.IMAGENET));
      all.add(Preprocessing.to(PixelFormat.BGR)
          .then(new ImageStep.Pad(3, 0, 1, 7, Color.WHITE))
          .then(new ImageStep.Letterbox(96, 64, ImageStep.Letterbox.Anchor.CENTER, new Color(9, 80, 200), by))
          .normalize(Normalization.SYMMETRIC));
    }
    return all;
  }

  private void check(Preprocessing preprocessing, PixelFormat source, Backend backend) {
    Graph network = GraphParser.parse("""
        graph network {
          input x: float32[N, C, H, W]
          y = Neg(x)
          output "y" = y
        }
        """, Operators::get);
    Graph graph = PreprocessingLayer.prepend(network, "x", preprocessing, source, PixelOrder.PLANAR);
    Plan plan = new Plan(new Plan.Manifest("test", "", "fp32", List.of(), Map.of()), () -> graph, Optional.empty());
    try (Engine engine = Engine.of(plan, backend);
        ExecutionContext context = engine.newContext()) {
      for (int i = 0; i < 5; i++) {
        Image image = random(48 + random.nextInt(200), 48 + random.nextInt(200), source);
        Tensor picture = Tensor.allocate(DType.UINT8, 1, image.height(), image.width(), image.channels());
        picture.data().asByteBuffer().put(image.pixels());
        float[] expected = preprocessing.apply(image).toFloats();
        float[] actual = context.run(Map.of("x", picture)).get("y").toFloats();
        assertThat(actual).hasSameSizeAs(expected);
        for (int k = 0; k < actual.length; k++) {
          assertThat(-actual[k]).as("%s of %s, value %d", preprocessing, image, k).isEqualTo(expected[k]);
        }
        assertThat(context.profile(Map.of("x", picture))).extracting(StepTime::tactic).doesNotContain("reference");
      }
    }
  }

  private Image random(int width, int height, PixelFormat format) {
    byte[] pixels = new byte[width * height * format.channels()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) random.nextInt();
    }
    return new Image(width, height, format, pixels);
  }
}
