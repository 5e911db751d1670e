package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Interpreter;
import dev.slipway.tensor.Tensor;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplingTest {
  private static final Tensor X = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 1, 4);

  private static Tensor evaluate(String operator, Attributes attributes, Tensor... inputs) {
    return new Interpreter().evaluate(Operators.get(operator).create(attributes), inputs);
  }

  /** Samples one row at x coordinates from beyond the left edge to beyond the right one. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      linear  | zeros      | 0 | 0.0, 0.5, 2.5, 4.0, 0.0
      linear  | border     | 0 | 1.0, 1.0, 2.5, 4.0, 4.0
      linear  | reflection | 0 | 1.5, 1.0, 2.5, 4.0, 2.5
      linear  | border     | 1 | 1.0, 1.0, 2.5, 3.625, 4.0
      nearest | zeros      | 0 | 0.0, 1.0, 3.0, 4.0, 0.0
      nearest | reflection | 1 | 2.0, 1.0, 3.0, 4.0, 3.0
      """)
  void samplesAtPositions(String mode, String padding, int alignCorners, String expected) {
    Tensor grid = Tensor.of(new float[] {-1.5f, 0, -1, 0, 0, 0, 0.75f, 0, 2, 0}, 1, 1, 5, 2);
    Attributes attributes =
        Attributes.of("mode", mode).with("padding_mode", padding).with("align_corners", alignCorners);

    assertThat(evaluate("GridSample", attributes, X, grid).toFloats()).containsExactly(floats(expected));
  }

  @Test
  void theIdentityMapsEachPixelToItself() {
    Tensor theta = Tensor.of(new float[] {1, 0, 0, 0, 1, 0}, 1, 2, 3);
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 1, 1, 2, 3);

    for (int alignCorners = 0; alignCorners < 2; alignCorners++) {
      Attributes attributes = Attributes.of("align_corners", alignCorners);
      Tensor grid = evaluate("AffineGrid", attributes, theta, Tensor.vector(1, 1, 2, 3));
      Tensor y = evaluate("GridSample", attributes, x, grid);

      assertThat(grid.dims()).containsExactly(1, 2, 3, 2);
      assertThat(y.toFloats()).containsExactly(new float[] {1, 2, 3, 4, 5, 6}, Offset.offset(1e-6f));
    }
  }

  @Test
  void regionsArePooledToOneSize() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 1, 1, 4, 4);
    Attributes size = Attributes.of("output_height", 2).with("output_width", 2);

    Tensor mean = evaluate("RoiAlign", size, x, Tensor.of(new float[] {0, 0, 4, 4}, 1, 4), Tensor.vector(0));
    Tensor max = evaluate("MaxRoiPool", Attributes.of("pooled_shape", List.of(2, 2)), x,
        Tensor.of(new float[] {0, 0, 0, 3, 3}, 1, 5));

    assertThat(mean.toFloats()).containsExactly(3.5f, 5.5f, 11.5f, 13.5f);
    assertThat(max.toFloats()).containsExactly(6, 8, 14, 16);
  }

  /** The six boxes of the ONNX examples. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      3 | 0.5 | 0.0 | 0 0 3, 0 0 0, 0 0 5
      2 | 0.5 | 0.0 | 0 0 3, 0 0 0
      3 | 0.5 | 0.4 | 0 0 3, 0 0 0
      0 | 0.5 | 0.0 | ''
      """)
  void suppressesBoxesThatOverlapBetterOnes(long most, float overlap, float score, String expected) {
    Tensor boxes = Tensor.of(new float[] {0, 0, 1, 1, 0, 0.1f, 1, 1.1f, 0, -0.1f, 1, 0.9f, 0, 10, 1, 11,
        0, 10.1f, 1, 11.1f, 0, 100, 1, 101}, 1, 6, 4);
    Tensor scores = Tensor.of(new float[] {0.9f, 0.75f, 0.6f, 0.95f, 0.5f, 0.3f}, 1, 1, 6);

    Tensor selected = evaluate("NonMaxSuppression", Attributes.NONE, boxes, scores, Tensor.vector(most),
        Tensor.of(new float[] {overlap}, 1), Tensor.of(new float[] {score}, 1));

    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < selected.dim(0); i++) {
      rows.append(i == 0 ? "" : ", ").append(selected.getLong(i * 3L)).append(' ').append(selected.getLong(i * 3L + 1))
          .append(' ').append(selected.getLong(i * 3L + 2));
    }
    assertThat(rows).hasToString(expected);
  }

  private static float[] floats(String text) {
    String[] parts = text.split(",\\s*");
    float[] values = new float[parts.length];
    for (int i = 0; i < parts.length; i++) {
      values[i] = Float.parseFloat(parts[i]);
    }
    return values;
  }
}
