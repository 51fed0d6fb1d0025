import { type CSSVariablesResolver, createTheme } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 7, dark: 8 },
  defaultRadius: "md",
  respectReducedMotion: true,
  cursorType: "pointer",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Ubuntu, sans-serif",
  headings: { fontWeight: "650" },
  components: {
    Modal: { styles: { title: { fontWeight: 650 } } },
    Drawer: { styles: { title: { fontWeight: 650 } } },
  },
});

/** Mantine's secondary texts have too little contrast for WCAG AA. */
export const colorsWithContrast: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": colors.gray?.[7] ?? "",
    "--mantine-color-placeholder": colors.gray?.[7] ?? "",
    "--mantine-color-anchor": colors.indigo?.[8] ?? "",
    "--mantine-color-error": colors.red?.[9] ?? "",
  },
  dark: {
    "--mantine-color-dimmed": colors.dark?.[1] ?? "",
    "--mantine-color-placeholder": colors.dark?.[1] ?? "",
    "--mantine-color-anchor": colors.indigo?.[3] ?? "",
    "--mantine-color-error": colors.red?.[4] ?? "",
  },
});
