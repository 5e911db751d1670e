package dev.slipway.vision;

import dev.slipway.operators.CudaSource;
import dev.slipway.operators.CudaSource.Extent;
import dev.slipway.operators.CudaSource.Geometry;
import dev.slipway.operators.CudaSource.Launch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One CUDA kernel for a {@link Preprocessing}: a thread for each pixel of the output, which goes back through the steps
 * to the pixels of the source that it needs. All arithmetic is that of the CPU, with its order and roundings. Sizes are
 * parameters, so that pictures of all sizes share a program.
 */
final class PreprocessingSource {
  private static final int TILE_WIDTH = 32;
  private static final int TILE_HEIGHT = 8;
  private static final long MOST_SHARED_BYTES = 48 << 10;

  private static final String PICTURE = """
      constexpr int C = $CHANNELS;
      typedef const unsigned char* Picture;

      __device__ __forceinline__ int clamped(int x, int size) { return x < 0 ? 0 : x >= size ? size - 1 : x; }

      // What the picture shows before it is resized.
      __device__ __forceinline__ int shown(Picture picture, const int* a, int x, int y, int c) {
      $BEFORE  const unsigned char* p = picture + ((long long) y * a[0] + x) * $SOURCE_CHANNELS;
        return $FETCH;
      }

      """;

  private static final String UNCHANGED = """
      __device__ __forceinline__ int sampled(Picture picture, const int* a, const int* tables, int x, int y, int c) {
        return shown(picture, a, x, y, c);
      }

      """;

  private static final String NEAREST = """
      __device__ __forceinline__ int nearest(int i, int from, int to) {
        const int position = (int) __dmul_rn((double) i, __ddiv_rn((double) from, (double) to));
        return position < from ? position : from - 1;
      }

      __device__ __forceinline__ int sampled(Picture picture, const int* a, const int* tables, int x, int y, int c) {
        return shown(picture, a, nearest(x, $FROM_WIDTH, $TO_WIDTH), nearest(y, $FROM_HEIGHT, $TO_HEIGHT), c);
      }

      """;

  private static final String BILINEAR = """
      struct Taps {
        int first, second, firstWeight, secondWeight;

        __device__ __forceinline__ Taps(int i, int from, int to) {
          const double scale = __ddiv_rn(1.0, __ddiv_rn((double) to, (double) from));
          const float position = (float) __dsub_rn(__dmul_rn(i + 0.5, scale), 0.5);
          const int below = (int) floorf(position);
          const float fraction = __fsub_rn(position, (float) below);
          first = clamped(below, from);
          second = clamped(below + 1, from);
          firstWeight = (int) rintf(__fmul_rn(__fsub_rn(1.f, fraction), 2048.f));
          secondWeight = (int) rintf(__fmul_rn(fraction, 2048.f));
        }
      };

      __device__ __forceinline__ int sampled(Picture picture, const int* a, const int* tables, int x, int y, int c) {
        const Taps column(x, $FROM_WIDTH, $TO_WIDTH), row(y, $FROM_HEIGHT, $TO_HEIGHT);
        const int upper = shown(picture, a, column.first, row.first, c) * column.firstWeight
            + shown(picture, a, column.second, row.first, c) * column.secondWeight;
        const int lower = shown(picture, a, column.first, row.second, c) * column.firstWeight
            + shown(picture, a, column.second, row.second, c) * column.secondWeight;
        const int sum = (row.firstWeight * (upper >> 4) >> 16) + (row.secondWeight * (lower >> 4) >> 16);
        return (sum + 2 >> 2) & 255;
      }

      """;

  private static final String TRIANGLES = """
      // The first pixel under the triangle of a position, their number, and their weights.
      __device__ void triangle(int i, int from, int to, int* table) {
        if (i < 0 || i >= to) return;
        const double scale = __ddiv_rn((double) from, (double) to), radius = scale > 1 ? scale : 1;
        const double center = __dmul_rn(i + 0.5, scale);
        const int begin = (int) (center - radius + 0.5), past = (int) (center + radius + 0.5);
        const int first = begin > 0 ? begin : 0, end = past < from ? past : from;
        table[0] = first;
        table[1] = end - first;
        double sum = 0;
        for (int k = 0; k < end - first; k++) {
          const double height = 1 - fabs(__ddiv_rn(first + k - center + 0.5, radius));
          sum += height > 0 ? height : 0;
        }
        for (int k = 0; k < end - first; k++) {
          const double height = 1 - fabs(__ddiv_rn(first + k - center + 0.5, radius));
          table[2 + k] = (int) (__dmul_rn(__ddiv_rn(height > 0 ? height : 0, sum), 4194304.0) + 0.5);
        }
      }

      __device__ void fill(const int* a, int* tables) {
        if (threadIdx.y == 0) {
          triangle((int) (blockIdx.x * 32 + threadIdx.x) - $LEFT, $FROM_WIDTH, $TO_WIDTH,
              tables + threadIdx.x * ($COLUMN_TAPS + 2));
        } else if (threadIdx.y == 1 && threadIdx.x < 8) {
          triangle((int) (blockIdx.y * 8 + threadIdx.x) - $TOP, $FROM_HEIGHT, $TO_HEIGHT,
              tables + 32 * ($COLUMN_TAPS + 2) + threadIdx.x * ($ROW_TAPS + 2));
        }
      }

      __device__ __forceinline__ int sampled(Picture picture, const int* a, const int* tables, int x, int y, int c) {
        const int* columns = tables + threadIdx.x * ($COLUMN_TAPS + 2);
        const int* rows = tables + 32 * ($COLUMN_TAPS + 2) + threadIdx.y * ($ROW_TAPS + 2);
        int sum = 1 << 21;
        for (int j = 0; j < rows[1]; j++) {
          int row = 1 << 21;
          for (int i = 0; i < columns[1]; i++) {
            row += shown(picture, a, columns[0] + i, rows[0] + j, c) * columns[2 + i];
          }
          sum += (row >> 22 & 255) * rows[2 + j];
        }
        return sum >> 22 & 255;
      }

      """;

  private static final String KERNEL = """
      // What stands at a place of the output.
      __device__ __forceinline__ int placed(Picture picture, const int* a, const int* tables, int x, int y, int c) {
      $BEHIND  return sampled(picture, a, tables, x, y, c);
      }

      extern "C" __global__ void __launch_bounds__(256) preprocess(Picture pictures, float* values$PARAMETERS) {
        const int a[] = {$COPIES};
        extern __shared__ int tables[];
      $TABLES  const int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 8 + threadIdx.y, n = blockIdx.z;
        if (x >= a[2] || y >= a[3]) return;
        Picture picture = pictures + (long long) n * a[0] * a[1] * $SOURCE_CHANNELS;
      #pragma unroll
        for (int c = 0; c < C; c++) {
          const int value = placed(picture, a, tables, x, y, c);
          values[$PLACE] = $NORMALIZED;
        }
      }
      """;

  private final PreprocessingLayer.Layer layer;
  private final List<Long> numbers = new ArrayList<>();
  /** What leads from a pixel of the output to one of the resized picture, and from there to one of the source. */
  private String behind = "";

  private String before = "";
  private Interpolation interpolation = Interpolation.NEAREST;
  private boolean resizes;
  private boolean fits = true;
  /** Where among the numbers the sizes of resizing are, and what the tables of triangles need. */
  private int sizes;

  private int triangles;
  /** The size of the picture that is resized, and to what; where it stands in the output. */
  private int fromWidth;
  private int fromHeight;
  private int toWidth;
  private int toHeight;
  private int left;
  private int top;

  private PreprocessingSource(PreprocessingLayer.Layer layer, int width, int height) {
    this.layer = layer;
    numbers.addAll(List.of((long) width, (long) height, 0L, 0L));
    int w = width;
    int h = height;
    for (ImageStep step : layer.preprocessing().steps()) {
      ImageStep.Placement placement = step.placement(w, h);
      switch (step) {
        case ImageStep.Resize resize -> resize(w, h, resize.width(), resize.height(), resize.interpolation());
        case ImageStep.ResizeShortSide resize ->
            resize(w, h, placement.width(), placement.height(), resize.interpolation());
        case ImageStep.CenterCrop crop -> {
          fits &= w >= crop.width() && h >= crop.height();
          translate(placement.left(), placement.top(), w, h, Color.BLACK);
        }
        case ImageStep.Pad pad -> translate(pad.left(), pad.top(), w, h, pad.color());
        case ImageStep.Letterbox frame -> {
          int scaledWidth = ImageStep.Letterbox.scaled(w, placement.scaleX(), frame.width());
          int scaledHeight = ImageStep.Letterbox.scaled(h, placement.scaleY(), frame.height());
          resize(w, h, scaledWidth, scaledHeight, frame.interpolation());
          translate(placement.left(), placement.top(), scaledWidth, scaledHeight, frame.color());
        }
      }
      w = placement.width();
      h = placement.height();
    }
    numbers.set(2, (long) w);
    numbers.set(3, (long) h);
    if (isTriangles()) {
      triangles = numbers.size();
      numbers.addAll(List.of((long) left, (long) top, taps(fromWidth, toWidth), taps(fromHeight, toHeight)));
    }
  }

  /** None where pictures are resized twice, or cut larger than they are. */
  static List<CudaSource> of(PreprocessingLayer.Layer layer, int batch, int width, int height) {
    PreprocessingSource source = new PreprocessingSource(layer, width, height);
    long sharedBytes = source.sharedBytes();
    if (!source.fits || sharedBytes > MOST_SHARED_BYTES || batch > 65535) {
      return List.of();
    }
    int blocksX = Math.toIntExact(Math.ceilDiv(source.numbers.get(2), TILE_WIDTH));
    int blocksY = Math.toIntExact(Math.ceilDiv(source.numbers.get(3), TILE_HEIGHT));
    Geometry tiles = new Geometry.Blocks(new Extent(blocksX, blocksY, batch), Extent.of(TILE_WIDTH, TILE_HEIGHT));
    Launch launch = new Launch("preprocess", tiles, Math.toIntExact(sharedBytes));
    return List.of(new CudaSource("one kernel", source.text(), List.of(launch), 0, source.numbers));
  }

  private void resize(int width, int height, int newWidth, int newHeight, Interpolation by) {
    fits &= !resizes;
    resizes = true;
    interpolation = by;
    before = behind;
    behind = "";
    left = 0;
    top = 0;
    fromWidth = width;
    fromHeight = height;
    toWidth = newWidth;
    toHeight = newHeight;
    sizes = numbers.size();
    numbers.addAll(List.of((long) width, (long) height, (long) newWidth, (long) newHeight));
  }

  /** A picture of this size comes to stand somewhere in another, on a colour; cut where that is smaller. */
  private void translate(int x, int y, int width, int height, Color color) {
    int first = numbers.size();
    numbers.addAll(List.of((long) x, (long) y, (long) width, (long) height));
    left += x;
    top += y;
    byte[] pixel = color.pixel(layer.preprocessing().format());
    behind = String.format(Locale.ROOT, """
          x -= a[%d]; y -= a[%d];
          if (x < 0 || y < 0 || x >= a[%d] || y >= a[%d]) return c == 0 ? %d : c == 1 ? %d : %d;
        """, first, first + 1, first + 2, first + 3, pixel[0] & 0xff, pixel[Math.min(1, pixel.length - 1)] & 0xff,
        pixel[pixel.length - 1] & 0xff) + behind;
  }

  /** Where the weights of the triangles of a tile's columns and rows lie; a position and a number before each. */
  private long sharedBytes() {
    return isTriangles()
        ? Integer.BYTES * (TILE_WIDTH * (2 + taps(fromWidth, toWidth)) + TILE_HEIGHT * (2 + taps(fromHeight, toHeight)))
        : 0;
  }

  /** As many pixels as a triangle covers at most. */
  private static long taps(int from, int to) {
    return 2 * (long) Math.ceil(Math.max((double) from / to, 1)) + 1;
  }

  private String text() {
    int channels = layer.preprocessing().format().channels();
    StringBuilder parameters = new StringBuilder();
    StringBuilder copies = new StringBuilder();
    for (int i = 0; i < numbers.size(); i++) {
      parameters.append(", long long a").append(i);
      copies.append(i == 0 ? "" : ", ").append("(int) a").append(i);
    }
    return PICTURE.replace("$CHANNELS", Integer.toString(channels))
        .replace("$SOURCE_CHANNELS", Integer.toString(layer.source().channels()))
        .replace("$FETCH", fetch())
        .replace("$BEFORE", before)
        + (resizes ? sampling() : UNCHANGED)
        + KERNEL.replace("$BEHIND", behind)
            .replace("$SOURCE_CHANNELS", Integer.toString(layer.source().channels()))
            .replace("$PARAMETERS", parameters)
            .replace("$COPIES", copies)
            .replace("$TABLES", isTriangles() ? "  fill(a, tables);\n  __syncthreads();\n" : "")
            .replace("$NORMALIZED", normalized())
            .replace("$PLACE", layer.order() == PixelOrder.PLANAR
                ? "(((long long) n * C + c) * a[3] + y) * a[2] + x"
                : "(((long long) n * a[3] + y) * a[2] + x) * C + c");
  }

  private boolean isTriangles() {
    return resizes && interpolation == Interpolation.ANTIALIASED;
  }

  /** The value of channel c at the pixel p of the source, as {@link Image#to} gives it. */
  private String fetch() {
    PixelFormat source = layer.source();
    PixelFormat format = layer.preprocessing().format();
    if (source == format) {
      return "p[c]";
    }
    if (source == PixelFormat.GREY) {
      return "p[0]";
    }
    if (format != PixelFormat.GREY) {
      return "p[2 - c]";
    }
    int red = source == PixelFormat.RGB ? 0 : 2;
    return "(9798 * p[" + red + "] + 19235 * p[1] + 3735 * p[" + (2 - red) + "] + (1 << 14)) >> 15";
  }

  private String sampling() {
    String sampling = switch (interpolation) {
      case NEAREST -> NEAREST;
      case BILINEAR -> BILINEAR;
      case ANTIALIASED -> TRIANGLES.replace("$LEFT", at(triangles))
          .replace("$TOP", at(triangles + 1))
          .replace("$COLUMN_TAPS", at(triangles + 2))
          .replace("$ROW_TAPS", at(triangles + 3));
    };
    return sampling.replace("$FROM_WIDTH", at(sizes))
        .replace("$FROM_HEIGHT", at(sizes + 1))
        .replace("$TO_WIDTH", at(sizes + 2))
        .replace("$TO_HEIGHT", at(sizes + 3));
  }

  private static String at(int index) {
    return "a[" + index + "]";
  }

  /** As {@link Normalization#table} computes it. */
  private String normalized() {
    Normalization normalization = layer.preprocessing().normalization();
    return "(float) __ddiv_rn(__dsub_rn(__dmul_rn((double) value, " + Double.toHexString(normalization.scale()) + "), "
        + byChannel(normalization.mean()) + "), " + byChannel(normalization.deviation()) + ")";
  }

  private static String byChannel(List<Double> values) {
    StringBuilder text = new StringBuilder("(");
    for (int i = 0; i < values.size() - 1; i++) {
      text.append("c == ").append(i).append(" ? ").append(Double.toHexString(values.get(i))).append(" : ");
    }
    return text.append(Double.toHexString(values.getLast())).append(")").toString();
  }
}
