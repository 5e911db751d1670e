package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResizeTest {
  private static Op op(Attributes attributes) {
    return Operators.get("Resize").create(attributes);
  }

  private static float[] resize(Attributes attributes, Tensor x, Optional<Tensor> roi, Optional<Tensor> scales,
      Optional<Tensor> sizes) {
    List<Optional<Datum>> inputs =
        List.of(Optional.of(x), roi.map(t -> (Datum) t), scales.map(t -> (Datum) t), sizes.map(t -> (Datum) t));
    Datum y = new Interpreter().evaluate("Resize", op(attributes), inputs, List.of(true)).getFirst().orElseThrow();
    return ((Tensor) y).toFloats();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      asymmetric         | floor              | 1, 1, 1, 2, 2, 3, 3
      asymmetric         | ceil               | 1, 2, 2, 3, 3, 3, 3
      half_pixel         | round_prefer_floor | 1, 1, 2, 2, 2, 3, 3
      half_pixel         | round_prefer_ceil  | 1, 1, 2, 2, 2, 3, 3
      align_corners      | floor              | 1, 1, 1, 2, 2, 2, 3
      align_corners      | round_prefer_floor | 1, 1, 2, 2, 2, 3, 3
      pytorch_half_pixel | floor              | 1, 1, 1, 2, 2, 2, 3
      """)
  void nearest(String coordinates, String nearestMode, String expected) {
    Attributes attributes =
        Attributes.of("coordinate_transformation_mode", coordinates).with("nearest_mode", nearestMode);

    float[] y = resize(attributes, Tensor.of(new float[] {1, 2, 3}, 3), Optional.empty(), Optional.empty(),
        Optional.of(Tensor.vector(7)));

    assertThat(y).containsExactly(floats(expected));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      linear | half_pixel    | 0 | 0 | 1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4
      linear | align_corners | 0 | 0 | 1, 1.42857, 1.85714, 2.28571, 2.71429, 3.14286, 3.57143, 4
      linear | asymmetric    | 0 | 0 | 1, 1.5, 2, 2.5, 3, 3.5, 4, 4
      cubic  | half_pixel    | 0 | 0 | 0.89453, 1.19141, 1.66797, 2.29688, 2.70313, 3.33203, 3.80859, 4.10547
      cubic  | half_pixel    | 1 | 0 | 0.86364, 1.17314, 1.64528, 2.29688, 2.70313, 3.35472, 3.82686, 4.13636
      """)
  void interpolatesBetweenElements(
      String mode, String coordinates, int excludeOutside, int antialias, String expected) {
    Attributes attributes = Attributes.of("mode", mode).with("coordinate_transformation_mode", coordinates)
        .with("exclude_outside", excludeOutside).with("antialias", antialias);

    float[] y = resize(attributes, Tensor.of(new float[] {1, 2, 3, 4}, 4), Optional.empty(),
        Optional.of(Tensor.of(new float[] {2}, 1)), Optional.empty());

    assertThat(y).containsExactly(floats(expected), Offset.offset(1e-5f));
  }

  @Test
  void antialiasAveragesWhatItSkips() {
    float[] y = resize(Attributes.of("mode", "linear").with("antialias", 1), Tensor.of(new float[] {0, 0, 8, 8}, 4),
        Optional.empty(), Optional.empty(), Optional.of(Tensor.vector(1)));

    assertThat(y).containsExactly(4);
  }

  @Test
  void cropsRegionsAndFillsWhatLiesOutside() {
    Attributes attributes = Attributes.of("mode", "linear").with("coordinate_transformation_mode", "tf_crop_and_resize")
        .with("extrapolation_value", 10f).with("axes", List.of(1));

    float[] y = resize(attributes, Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3),
        Optional.of(Tensor.of(new float[] {0.5f, 1.5f}, 2)), Optional.empty(), Optional.of(Tensor.vector(3)));

    assertThat(y).containsExactly(2, 3, 10, 5, 6, 10);
  }

  @ParameterizedTest
  @CsvSource({"not_larger, 2, 4", "not_smaller, 4, 7"})
  void keepsTheAspectRatio(String policy, long height, long width) {
    Tensor y = (Tensor) new Interpreter().evaluate("Resize", op(Attributes.of("keep_aspect_ratio_policy", policy)),
        List.of(Optional.of(Tensor.allocate(DType.FLOAT32, 4, 7)), Optional.empty(),
            Optional.empty(), Optional.of(Tensor.vector(2, 7))), List.of(true)).getFirst().orElseThrow();

    assertThat(y.dims()).containsExactly(height, width);
  }

  @Test
  void takesScalesOrSizes() {
    assertThatThrownBy(() -> new Interpreter().evaluate(op(Attributes.NONE), Tensor.scalar(1f)))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageContaining("scales and sizes: none (expected: one of them)");
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
