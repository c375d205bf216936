"""Paintings drawn by code: a scene (what), a hand (who) and a movement's technique (how).

`scenes` composes a subject once as shapes; each movement's module paints those shapes in its own way;
`artists` names the invented painters with their palettes and habits; `work` finishes one picture.
Only numpy and Pillow are needed.
"""
