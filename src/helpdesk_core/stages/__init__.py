"""What a stage does to its tickets: closing, reopening, messages, order and boards (G1-G13).

A ticket is closed exactly when its stage is folded; everything else here follows from that. The
functions plan, and the service applies a plan in one transaction.
"""

from helpdesk_core.entities import is_closed
from helpdesk_core.stages.allowing import (
    ALL_MOVES,
    AllowedMoves,
    MoveRule,
    allowed_stages,
    can_move,
)
from helpdesk_core.stages.answering import AnswerPlan, plan_answer
from helpdesk_core.stages.boards import (
    Board,
    BoardColumn,
    Figures,
    TeamFigures,
    build_board,
    build_dashboard,
)
from helpdesk_core.stages.configuring import (
    FoldPlan,
    StageRemovalPlan,
    plan_fold_change,
    plan_stage_removal,
)
from helpdesk_core.stages.dragging import plan_drag
from helpdesk_core.stages.messages import stage_messages, template_values
from helpdesk_core.stages.moving import plan_move, plan_transfer
from helpdesk_core.stages.pipeline import Pipeline, ReorderPlan, plan_reorder, plan_reorder_team

__all__ = [
    "ALL_MOVES",
    "AllowedMoves",
    "AnswerPlan",
    "Board",
    "BoardColumn",
    "Figures",
    "FoldPlan",
    "MoveRule",
    "Pipeline",
    "ReorderPlan",
    "StageRemovalPlan",
    "TeamFigures",
    "allowed_stages",
    "build_board",
    "build_dashboard",
    "can_move",
    "is_closed",
    "plan_answer",
    "plan_drag",
    "plan_fold_change",
    "plan_move",
    "plan_reorder",
    "plan_reorder_team",
    "plan_stage_removal",
    "plan_transfer",
    "stage_messages",
    "template_values",
]
